package io.mqttkafka.bridge.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.core.routing.TopicTemplate.Variable;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.error.MappingException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicTemplateTest {
    private static final List<String> LEVELS = List.of("site", "device");
    private static final Message MESSAGE =
            new Message("s/hall/d1", List.of("hall", "d1"), "k1", Map.of("tenant", "acme", "a b", "c"));

    private record Message(
            String topic, List<String> levels, @Nullable String key, Map<String, String> headers)
            implements TopicTemplate.Values {
        @Override
        public String level(int index) {
            return levels.get(index);
        }

        @Override
        public @Nullable String header(String name) {
            return headers.get(name);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "telemetry, telemetry",
        "telemetry.{site}, telemetry.hall",
        "{site}, hall",
        "{topic}, s/hall/d1",
        "{key}, k1",
        "{device}-{site}-{device}, d1-hall-d1",
        "{site}{device}, halld1",
        "{header:tenant}.x, acme.x",
        "{header:a b}, c",
        "{{site}}, {site}",
        "{{{site}}}, {hall}",
        "{{{{{site}, {{hall",
        "}}{{, }{",
        "$1 \\{site}, $1 \\hall",
    })
    void render_valid_fillsIn(String template, String expected) {
        assertThat(parse(template).render(MESSAGE)).isEqualTo(expected);
        assertThat(parse(template)).hasToString(template);
    }

    @Test
    void render_empty_isEmpty() {
        assertThat(parse("").render(MESSAGE)).isEmpty();
        assertThat(parse("").isConstant()).isTrue();
    }

    @Test
    void render_levelNamedHeader_isTheLevel() {
        TopicTemplate template = TopicTemplate.parse(
                "key", "{header}.{header:tenant}", List.of("header"), EnumSet.allOf(Variable.class));

        assertThat(template.render(MESSAGE)).isEqualTo("hall.acme");
    }

    @Test
    void render_missingKey_namesIt() {
        Message keyless = new Message("t", List.of(), null, Map.of());

        assertThatThrownBy(() -> parse("a.{key}").render(keyless))
                .isExactlyInstanceOf(MappingException.class)
                .hasMessage("toKafka: 'a.{key}' needs a key, which the message lacks; have it sent, or filter such"
                        + " messages out");
    }

    @Test
    void render_missingHeader_namesIt() {
        assertThatThrownBy(() -> parse("{header:region}").render(MESSAGE))
                .isExactlyInstanceOf(MappingException.class)
                .hasMessageStartingWith("toKafka: '{header:region}' needs header 'region', which the message lacks; ");
    }

    @Test
    void render_valuesThatLookLikeTemplates_stayLiteral() {
        List<String> pieces =
                List.of("{site}", "{x}", "$2", "${env:HOME}", "{{", "}}", "{", "}", "\\", "%s", "a", "{key}", "");
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            String site = joined(pieces, random);
            String device = joined(pieces, random);
            String topic = joined(pieces, random);
            String key = joined(pieces, random);
            String header = joined(pieces, random);
            String literal = joined(pieces, random);
            String escaped = literal.replace("{", "{{").replace("}", "}}");
            String template = "{site}|" + escaped + "|{device}|{topic}|{key}|{header:h}";

            assertThat(parse(template).render(new Message(topic, List.of(site, device), key, Map.of("h", header))))
                    .as("'%s', seed %d", template, seed)
                    .isEqualTo(String.join("|", site, literal, device, topic, key, header));
        }
    }

    static Stream<Arguments> parse_invalid_namesOptionTemplateAndMend() {
        return Stream.of(
                Arguments.of(
                        "t.{sit}",
                        "uses {sit}, which is none of {site}, {device}, {topic}, {key}, {header:name}; did you mean"
                                + " {site}?"),
                Arguments.of("{divice}.{site}", "{header:name}; did you mean {device}?"),
                Arguments.of("{topics}", "; did you mean {topic}?"),
                Arguments.of("{ site}", "; did you mean {site}?"),
                Arguments.of("{Site}", "; did you mean {site}?"),
                Arguments.of(
                        "{room}",
                        "; use one of those, name a level of the filter so if the route has one, or write '{{'"),
                Arguments.of("{x}", "; use one of those"),
                Arguments.of("{}", "uses {}, which is none of"),
                Arguments.of("{site}.{", "has a '{' without a '}'; close it, or write '{{' for a literal brace"),
                Arguments.of("{site", "has a '{' without a '}'"),
                Arguments.of("{a{site}", "has a '{' without a '}'"),
                Arguments.of("site}", "has a '}' without a '{'; write '}}' for a literal brace"),
                Arguments.of("{site}}", "has a '}' without a '{'"),
                Arguments.of("{header:}", "has {header:} without a name; write {header:name}"),
                Arguments.of("{header}", "uses {header}, which is none of"));
    }

    @ParameterizedTest
    @MethodSource
    void parse_invalid_namesOptionTemplateAndMend(String template, String message) {
        assertThatThrownBy(() -> parse(template))
                .isExactlyInstanceOf(BridgeConfigException.class)
                .hasMessageStartingWith("toKafka: '" + template + "' ")
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{site}", "{topic}", "{key}", "{header:a}"})
    void parse_nothingAllowed_refusesEveryName(String template) {
        assertThatThrownBy(() -> TopicTemplate.parse("key", template, LEVELS, Set.of()))
                .isExactlyInstanceOf(BridgeConfigException.class)
                .hasMessage("key: '" + template + "' uses names, but can use none; write '{{' for a literal brace");
    }

    @Test
    void parse_keyInKeyTemplate_listsWhatThereIs() {
        assertThatThrownBy(() ->
                        TopicTemplate.parse("key", "{key}", LEVELS, EnumSet.complementOf(EnumSet.of(Variable.KEY))))
                .hasMessageStartingWith(
                        "key: '{key}' uses {key}, which is none of {site}, {device}, {topic}, {header:name}; ");
    }

    @Test
    void parse_escapeSequenceInTemplate_isEscapedInMessage() {
        assertThatThrownBy(() -> parse("{\u001B[31m}"))
                .hasMessageContaining("uses {\\u001B[31m}")
                .hasMessageNotContaining("\u001B");
    }

    @ParameterizedTest
    @CsvSource({
        "a, true, true, a",
        "a{{b, true, true, a{b",
        "a.{site}, false, true, a.",
        "{site}.a, false, true, ''",
        "{topic}, false, true, ''",
        "__{topic}, false, true, __",
        "a{key}, false, false, a",
        "{site}{header:x}, false, false, ''",
    })
    void properties_followTemplate(String template, boolean constant, boolean topicOnly, String prefix) {
        assertThat(parse(template).isConstant()).isEqualTo(constant);
        assertThat(parse(template).isTopicOnly()).isEqualTo(topicOnly);
        assertThat(parse(template).literalPrefix()).isEqualTo(prefix);
    }

    @Test
    void uses_eachVariable_isFound() {
        assertThat(parse("{site}").uses(Variable.LEVEL)).isTrue();
        assertThat(parse("a{topic}").uses(Variable.TOPIC)).isTrue();
        assertThat(parse("{key}").uses(Variable.KEY)).isTrue();
        assertThat(parse("{header:key}").uses(Variable.HEADER)).isTrue();
        assertThat(parse("{header:key}").uses(Variable.KEY)).isFalse();
        assertThat(parse("{{key}}").uses(Variable.KEY)).isFalse();
    }

    private static TopicTemplate parse(String template) {
        return TopicTemplate.parse("toKafka", template, LEVELS, EnumSet.allOf(Variable.class));
    }

    private static String joined(List<String> pieces, Random random) {
        List<String> chosen = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            chosen.add(pieces.get(random.nextInt(pieces.size())));
        }
        return String.join("", chosen);
    }
}
