package io.mqttkafka.bridge.tests.bridge;

import static io.mqttkafka.bridge.tests.engine.Engine.qos0;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.ToKafka;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The Kafka headers that MQTT 5 properties and metadata become. */
class HeadersTest {

    private final Engine engine = new Engine();

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void headers_nothingAskedForAndNoProperties_areNone() {
        ScriptedConnection connection = connected(UnaryOperator.identity());

        connection.publish(qos0("a/b", "x"));

        assertThat(engine.kafka.next().headers()).isEmpty();
    }

    @Test
    void userProperties_byDefault_comeInOrderWithRepeats() {
        ScriptedConnection connection = connected(UnaryOperator.identity());

        connection.publish(withUserProperties().build());

        assertThat(engine.kafka.next().headers()).containsExactly("b=1", "a=\u00e4\uD83D\uDE00", "b=3", "=", "b=1");
    }

    @Test
    void userProperties_thatBelongToTheBridge_areLeftOut() {
        ScriptedConnection connection = connected(UnaryOperator.identity());

        connection.publish(PublishPacket.to("a/b")
                .userProperty("bridge.dead-letter.route", "forged")
                .userProperty("bridges", "kept")
                .build());

        assertThat(engine.kafka.next().headers()).containsExactly("bridges=kept");
    }

    /** MQTT forbids it, not every broker looks, and the application that answers would publish to it. */
    @Test
    void responseTopic_withWildcard_isNotHandedOn() {
        ScriptedConnection connection = connected(ToKafka::metadataHeaders);

        connection.publish(
                PublishPacket.to("a/b").responseTopic("all/#").payload("x").build());
        connection.publish(
                PublishPacket.to("a/b").responseTopic("answers/7").payload("y").build());

        assertThat(engine.kafka.next("x").headers()).noneMatch(header -> header.startsWith("mqtt.response-topic"));
        assertThat(engine.kafka.next("y").headers()).contains("mqtt.response-topic=answers/7");
    }

    /** A device must not tell where, when and how its message came: that is for the bridge to say. */
    @Test
    void userProperties_namedLikeMetadata_areCarriedUnderAPrefix() {
        ScriptedConnection connection = connected(UnaryOperator.identity());

        connection.publish(PublishPacket.to("a/b")
                .userProperty("mqtt.topic", "forged")
                .userProperty("mqtt.qos", "forged")
                .userProperty("mqtt.retained", "true")
                .userProperty("mqtt.duplicate", "forged")
                .userProperty("mqtt.payload-format", "x")
                .userProperty("mqtt.content-type", "forged")
                .userProperty("mqtt.response-topic", "forged")
                .userProperty("mqtt.correlation-data", "forged")
                .userProperty("mqtt.expires-at", "soon")
                .userProperty("user.mqtt.topic", "2")
                .userProperty("mqtt.colour", "kept")
                .userProperty("user.name", "kept")
                .build());

        assertThat(engine.kafka.next().headers())
                .containsExactly(
                        "user.mqtt.topic=forged",
                        "user.mqtt.qos=forged",
                        "user.mqtt.retained=true",
                        "user.mqtt.duplicate=forged",
                        "user.mqtt.payload-format=x",
                        "user.mqtt.content-type=forged",
                        "user.mqtt.response-topic=forged",
                        "user.mqtt.correlation-data=forged",
                        "user.mqtt.expires-at=soon",
                        "user.user.mqtt.topic=2",
                        "mqtt.colour=kept",
                        "user.name=kept");
    }

    @Test
    void userProperties_off_areNotCopied() {
        ScriptedConnection connection = connected(route -> route.userProperties(false));

        connection.publish(withUserProperties().build());

        assertThat(engine.kafka.next().headers()).isEmpty();
    }

    @Test
    void metadata_plainMessage_isTopicQosAndFlags() {
        ScriptedConnection connection = connected(ToKafka::metadataHeaders);

        connection.publish(
                PublishPacket.to("a/\u00e4").qos(2).packetId(1).retain().dup().build());

        assertThat(engine.kafka.next().headers())
                .containsExactly("mqtt.topic=a/\u00e4", "mqtt.qos=2", "mqtt.retained=true", "mqtt.duplicate=true");
    }

    @Test
    void metadata_allProperties_haveTheirExactValues() {
        byte[] correlation = {0, -1, 127};
        ScriptedConnection connection =
                connected(route -> route.metadataHeaders().userProperties(true).header("site", "{header:b}"));

        long before = System.currentTimeMillis();
        connection.publish(withUserProperties()
                .payloadFormat(1)
                .contentType("text/plain")
                .responseTopic("r/1")
                .correlationData(correlation)
                .messageExpiry(4_294_967_295L)
                .build());
        Sent sent = engine.kafka.next();
        long after = System.currentTimeMillis();

        assertThat(sent.headers())
                .filteredOn(header ->
                        !header.startsWith("mqtt.correlation-data=") && !header.startsWith("mqtt.expires-at="))
                .containsExactly(
                        "b=1",
                        "a=\u00e4\uD83D\uDE00",
                        "b=3",
                        "=",
                        "b=1",
                        "mqtt.topic=a/b",
                        "mqtt.qos=0",
                        "mqtt.retained=false",
                        "mqtt.duplicate=false",
                        "mqtt.payload-format=utf-8",
                        "mqtt.content-type=text/plain",
                        "mqtt.response-topic=r/1",
                        "site=1");
        assertThat(header(sent, "mqtt.correlation-data").value()).containsExactly(correlation);
        assertThat(Long.parseLong(new String(header(sent, "mqtt.expires-at").value(), StandardCharsets.US_ASCII)))
                .isBetween(before + 4_294_967_295_000L, after + 4_294_967_295_000L);
    }

    @Test
    void metadata_payloadFormatZero_isBytes() {
        ScriptedConnection connection = connected(ToKafka::metadataHeaders);

        connection.publish(PublishPacket.to("a/b").payloadFormat(0).build());

        assertThat(engine.kafka.next().headers()).contains("mqtt.payload-format=bytes");
    }

    @Test
    void metadata_expiryZero_isTheMomentOfReceipt() {
        ScriptedConnection connection = connected(ToKafka::metadataHeaders);

        long before = System.currentTimeMillis();
        connection.publish(PublishPacket.to("a/b").messageExpiry(0).build());
        Sent sent = engine.kafka.next();

        assertThat(Long.parseLong(new String(header(sent, "mqtt.expires-at").value(), StandardCharsets.US_ASCII)))
                .isBetween(before, System.currentTimeMillis());
    }

    private ScriptedConnection connected(UnaryOperator<ToKafka<byte[]>> more) {
        return engine.route("a/#", QoS.EXACTLY_ONCE, "t", more).connected();
    }

    private static PublishPacket.Builder withUserProperties() {
        return PublishPacket.to("a/b")
                .userProperty("b", "1")
                .userProperty("a", "\u00e4\uD83D\uDE00")
                .userProperty("b", "3")
                .userProperty("", "")
                .userProperty("b", "1");
    }

    private static Header header(Sent sent, String name) {
        return sent.record.headers().lastHeader(name);
    }
}
