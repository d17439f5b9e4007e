package io.mqttkafka.bridge.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** The BOM has no parent, so that nothing but this keeps it in step with the modules. */
class BomTest {
    private static final Path ROOT = Path.of("..");
    private static final List<String> THEMSELVES = List.of("bridge-bom", "samples");

    @Test
    void bom_namesEachDeployedModuleAndNothingElse() throws Exception {
        List<String> deployed = texts(parse("pom.xml"), "module").stream()
                .filter(Predicate.not(THEMSELVES::contains))
                .filter(module -> !read(module + "/pom.xml").contains("<maven.deploy.skip>true</maven.deploy.skip>"))
                .toList();

        assertThat(deployed).contains("bridge-api", "bridge-core");
        List<String> named = texts(parse("bridge-bom/pom.xml"), "artifactId").stream()
                .filter(name -> !name.equals("bridge-bom") && !name.contains("maven"))
                .toList();
        assertThat(named).containsExactlyElementsOf(deployed);
    }

    @Test
    void bom_hasTheVersionOfTheParent() throws Exception {
        assertThat(texts(parse("bridge-bom/pom.xml"), "version").get(0))
                .isEqualTo(texts(parse("pom.xml"), "version").get(0));
    }

    private static String read(String file) {
        try {
            return Files.readString(ROOT.resolve(file));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Document parse(String file) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(ROOT.resolve(file).toFile());
    }

    private static List<String> texts(Document document, String element) {
        NodeList nodes = document.getElementsByTagName(element);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> nodes.item(i).getTextContent().strip())
                .toList();
    }
}
