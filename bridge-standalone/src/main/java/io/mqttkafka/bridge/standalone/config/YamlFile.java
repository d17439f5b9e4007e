package io.mqttkafka.bridge.standalone.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;

/** Reads a YAML 1.2 file into a {@link Tree}, within bounds: whatever the file holds, it takes little memory and time. */
final class YamlFile {
    private static final long LARGEST = 1 << 20;
    private static final int DEEPEST = 32;
    private static final int MOST_VALUES = 100_000;
    private static final int MOST_ALIASES = 50;
    private static final Set<String> NOTHING = Set.of("", "~", "null", "Null", "NULL");

    private final String name;
    private final Variables variables;
    private final List<Problem> problems;
    private int values;

    private YamlFile(String name, Variables variables, List<Problem> problems) {
        this.name = name;
        this.variables = variables;
        this.problems = problems;
    }

    /** Reads a file; what is wrong with it is added to the problems, and is not in the tree. */
    static Tree read(Path file, Variables variables, List<Problem> problems) {
        String name = String.valueOf(file.getFileName());
        YamlFile reader = new YamlFile(name, variables, problems);
        Tree.Nothing nothing = new Tree.Nothing(Place.of(name));
        String text = reader.text(file);
        return text == null ? nothing : reader.read(text, nothing);
    }

    private @Nullable String text(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                return refuse("'" + file + "' is not there or not a file; check the path");
            }
            long size = Files.size(file);
            if (size > LARGEST) {
                return refuse("the file has " + size + " bytes; " + LARGEST + " is the most");
            }
            byte[] bytes = Files.readAllBytes(file);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return refuse("the file is not UTF-8 text; save it as UTF-8");
        } catch (IOException e) {
            return refuse("'" + file + "' cannot be read; check the rights");
        }
    }

    private @Nullable String refuse(String message) {
        problems.add(new Problem(Place.of(name), message));
        return null;
    }

    private Tree read(String text, Tree.Nothing nothing) {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(name)
                .setSchema(new FailsafeSchema())
                .setAllowNonScalarKeys(true)
                .setMaxAliasesForCollections(MOST_ALIASES)
                .setCodePointLimit((int) LARGEST)
                .build();
        try {
            Iterator<Node> documents =
                    new Compose(settings).composeAllFromString(text).iterator();
            if (!documents.hasNext()) {
                return nothing;
            }
            Node first = documents.next();
            if (documents.hasNext()) {
                problems.add(new Problem(
                        place(documents.next().getStartMark()),
                        "a second document; a file has one, without '---' in it"));
            }
            return tree(first, 0);
        } catch (MarkedYamlEngineException e) {
            problems.add(new Problem(
                    place(e.getProblemMark().isPresent() ? e.getProblemMark() : e.getContextMark()), words(e)));
        } catch (YamlEngineException e) {
            problems.add(new Problem(
                    Place.of(name),
                    String.valueOf(e.getMessage()).contains("aliases")
                            ? "more than " + MOST_ALIASES + " aliases of lists and maps"
                            : "is not YAML: it holds a character that is not allowed"));
        } catch (StackOverflowError e) {
            problems.add(new Problem(Place.of(name), "is nested deeper than " + DEEPEST + " levels"));
        }
        return nothing;
    }

    /** The parser's own words can quote the file, and so a secret. */
    private static String words(MarkedYamlEngineException e) {
        String problem = String.valueOf(e.getProblem());
        if (problem.contains("TAB") || problem.contains("'\\t")) {
            return "a tab; YAML is indented with spaces";
        }
        if (problem.contains("undefined alias")) {
            return "an alias (*) without its anchor (&); put a value that begins with * in quotes";
        }
        if (problem.contains("could not find expected ':'")) {
            return "a name without ': ' and a value; look at the line before too";
        }
        if (problem.contains("cannot start any token")) {
            return "a value begins with a character that YAML keeps for itself; put it in quotes";
        }
        if (problem.contains("mapping values are not allowed here")) {
            return "a ':' where no option can be; look at the indentation, and put a value that holds ': ' in quotes";
        }
        if (problem.contains("end of stream") || problem.contains("stream end")) {
            return "the file ends too early: a quote or a bracket is not closed";
        }
        if (problem.contains("<block end>") || problem.contains("<block mapping start>")) {
            return "is not YAML here: look at the indentation, and at the line before";
        }
        return "is not YAML here; look at quotes, brackets and indentation, and at the line before";
    }

    private Tree tree(Node node, int depth) {
        Place place = place(node.getStartMark());
        if (depth > DEEPEST) {
            return refused(place, "is nested deeper than " + DEEPEST + " levels");
        }
        if (++values > MOST_VALUES) {
            if (values == MOST_VALUES + 1) {
                problems.add(new Problem(
                        place, "more than " + MOST_VALUES + " values, aliases counted as what they stand for"));
            }
            return new Tree.Nothing(place);
        }
        if (node instanceof ScalarNode scalar) {
            return text(scalar, place);
        }
        if (node instanceof SequenceNode sequence) {
            List<Tree> items = new ArrayList<>();
            for (Node item : sequence.getValue()) {
                if (values > MOST_VALUES) {
                    break;
                }
                items.add(tree(item, depth + 1));
            }
            return new Tree.Items(items, place);
        }
        return entries((MappingNode) node, place, depth);
    }

    private Tree text(ScalarNode scalar, Place place) {
        String tag = scalar.getTag().getValue();
        if (!tag.startsWith("tag:yaml.org,2002:") || tag.endsWith(":binary")) {
            return refused(place, "a tag (!); put a value that begins with ! in quotes");
        }
        if (scalar.isPlain() && NOTHING.contains(scalar.getValue())) {
            return new Tree.Nothing(place);
        }
        try {
            return new Tree.Text(scalar.getValue(), variables.replace(scalar.getValue()), scalar.isPlain(), place);
        } catch (IllegalArgumentException e) {
            return refused(place, String.valueOf(e.getMessage()));
        }
    }

    private Tree entries(MappingNode mapping, Place place, int depth) {
        Map<String, Tree.Entry> entries = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            if (values > MOST_VALUES) {
                break;
            }
            Place at = place(tuple.getKeyNode().getStartMark());
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                problems.add(new Problem(at, "a name must be plain text, not a list or a map"));
                continue;
            }
            String written = key.getValue();
            Tree.Entry before = entries.get(written);
            if (before != null) {
                problems.add(new Problem(
                        at,
                        shortened(written) + ": is given twice, first in line "
                                + before.place().line() + "; choose one"));
                continue;
            }
            entries.put(written, new Tree.Entry(written, at, tree(tuple.getValueNode(), depth + 1)));
        }
        return new Tree.Entries(entries, place);
    }

    private Tree refused(Place place, String message) {
        problems.add(new Problem(place, message));
        return new Tree.Refusal(place);
    }

    private Place place(Optional<Mark> mark) {
        return mark.map(at -> new Place(name, at.getLine() + 1, at.getColumn() + 1))
                .orElse(Place.of(name));
    }

    /** A name that nobody has checked yet. */
    static String shortened(String text) {
        String line = text.replaceAll("\\p{Cntrl}", "?");
        return line.length() <= 60 ? line : line.substring(0, 60) + "...";
    }
}
