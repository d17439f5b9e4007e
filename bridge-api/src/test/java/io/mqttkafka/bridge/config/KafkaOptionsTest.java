package io.mqttkafka.bridge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mqttkafka.bridge.error.BridgeConfigException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class KafkaOptionsTest {
    private static KafkaOptions.Builder builder() {
        return KafkaOptions.builder().bootstrapServers("kafka:9092");
    }

    @Test
    void build_onlyServers_hasTheDocumentedDefaults() {
        assertThat(builder().build())
                .returns(List.of("kafka:9092"), KafkaOptions::bootstrapServers)
                .returns(Map.of(), KafkaOptions::client)
                .returns(Map.of(), KafkaOptions::producer)
                .returns(Map.of(), KafkaOptions::consumer)
                .returns(null, KafkaOptions::deliveryTimeout)
                .returns(TransactionOptions.defaults(), KafkaOptions::transactions);
    }

    @Test
    void build_everythingSet_arrives() {
        KafkaOptions options = KafkaOptions.builder()
                .bootstrapServers("a:1, b:2", "c:3")
                .bootstrapServers("[::1]:9092")
                .client("security.protocol", "SSL")
                .producer("linger.ms", 5)
                .consumer("group.instance.id", "edge-1")
                .deliveryTimeout(Duration.ofMinutes(2))
                .build();
        assertThat(options)
                .returns(List.of("a:1", "b:2", "c:3", "[::1]:9092"), KafkaOptions::bootstrapServers)
                .returns(Map.of("security.protocol", "SSL"), KafkaOptions::client)
                .returns(Map.of("linger.ms", 5), KafkaOptions::producer)
                .returns(Map.of("group.instance.id", "edge-1"), KafkaOptions::consumer)
                .returns(Duration.ofMinutes(2), KafkaOptions::deliveryTimeout)
                .returns(TransactionOptions.defaults(), KafkaOptions::transactions)
                .isEqualTo(options.toBuilder().build())
                .isNotEqualTo(options.toBuilder()
                        .client("security.protocol", "PLAINTEXT")
                        .build());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "kafka",
                "kafka:",
                ":9092",
                "kafka:0",
                "kafka:65536",
                "kafka:-1",
                "kafka:x",
                "SSL://kafka:9092",
                "kafka:9092/",
                "a:1,",
                "a:1,,b:2",
                "a:1,b"
            })
    void bootstrapServers_notHostAndPort_isRefused(String servers) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KafkaOptions.builder().bootstrapServers(servers))
                .withMessageStartingWith("kafka.bootstrapServers: '")
                .withMessageEndingWith("use for example kafka:9092");
    }

    @ParameterizedTest
    @ValueSource(strings = {"user:canary@kafka:9092", "SASL_SSL://user:canary@kafka:9092", "a:1,user:canary@kafka"})
    void bootstrapServers_userInfo_isRefusedWithoutRepeatingIt(String servers) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KafkaOptions.builder().bootstrapServers(servers))
                .withMessageStartingWith("kafka.bootstrapServers: ")
                .withMessageNotContaining("canary");
    }

    @Test
    void build_noServers_saysHowToSetThem() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> KafkaOptions.builder().build())
                .withMessage("kafka.bootstrapServers: is not set; add .bootstrapServers(\"kafka:9092\") to kafka(..)");
    }

    static Stream<String> ownedProperties() {
        return Stream.of(
                "bootstrap.servers",
                "key.serializer",
                "value.serializer",
                "key.deserializer",
                "value.deserializer",
                "partitioner.class",
                "partitioner.ignore.keys",
                "transactional.id",
                "delivery.timeout.ms",
                "max.block.ms",
                "enable.auto.commit",
                "isolation.level");
    }

    @ParameterizedTest
    @MethodSource("ownedProperties")
    void properties_ownedByTheBridge_areRefusedWithTheReason(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().client(name, "canary"))
                .withMessageStartingWith("kafka.client: '" + name + "' belongs to the bridge; ")
                .withMessageNotContaining("canary");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().producer(name, "canary"))
                .withMessageStartingWith("kafka.producer: '" + name + "' belongs to the bridge; ");
    }

    static Stream<Arguments> voidingValues() {
        return Stream.of(
                Arguments.of("acks", "0"),
                Arguments.of("acks", 1),
                Arguments.of("acks", "none"),
                Arguments.of("enable.idempotence", false),
                Arguments.of("enable.idempotence", "false"),
                Arguments.of("max.in.flight.requests.per.connection", 6),
                Arguments.of("max.in.flight.requests.per.connection", "many"),
                Arguments.of("retries", 0),
                Arguments.of("retries", "-1"));
    }

    @ParameterizedTest
    @MethodSource("voidingValues")
    void properties_thatVoidTheAcknowledgements_areRefused(String name, Object value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().producer(name, value))
                .withMessageStartingWith("kafka.producer: " + name + "=" + value);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().client(name, value))
                .withMessageStartingWith("kafka.client: " + name + "=" + value);
    }

    static Stream<Arguments> harmlessValues() {
        return Stream.of(
                Arguments.of("acks", "all"),
                Arguments.of("acks", -1),
                Arguments.of("enable.idempotence", true),
                Arguments.of("max.in.flight.requests.per.connection", 5),
                Arguments.of("retries", Integer.MAX_VALUE),
                Arguments.of("compression.type", "lz4"),
                Arguments.of("sasl.jaas.config", "x"));
    }

    @ParameterizedTest
    @MethodSource("harmlessValues")
    void properties_harmless_areKept(String name, Object value) {
        KafkaOptions options =
                builder().producer(name, value).client(name, value).build();
        assertThat(options.producer()).containsExactly(Map.entry(name, value));
        assertThat(options.client()).containsExactly(Map.entry(name, value));
    }

    @Test
    void properties_null_isRefused() {
        assertThatNullPointerException().isThrownBy(() -> builder().client("a", null));
        assertThatNullPointerException().isThrownBy(() -> builder().producer("a", null));
        assertThatNullPointerException().isThrownBy(() -> builder().producer("acks", null));
        assertThatNullPointerException().isThrownBy(() -> builder().deliveryTimeout(null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT1S", "PT2M", "PT576H"})
    void deliveryTimeout_inRange_isKept(Duration timeout) {
        assertThat(builder().deliveryTimeout(timeout).build().deliveryTimeout()).isEqualTo(timeout);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-1S", "PT0S", "PT0.999S", "PT576H0.001S", "PT10000H"})
    void deliveryTimeout_outOfRange_isRefused(String timeout) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().deliveryTimeout(Duration.parse(timeout)))
                .withMessage("kafka.deliveryTimeout: " + timeout + " must be from PT1S to PT576H");
    }

    @Test
    void build_laterChangesOfTheBuilder_doNotReachTheOptions() {
        KafkaOptions.Builder builder = builder();
        KafkaOptions options = builder.build();
        builder.bootstrapServers("b:2").client("a", 1).producer("b", 2).consumer("c", 3);
        assertThat(options).isEqualTo(builder().build());
        assertThat(options.bootstrapServers()).isUnmodifiable();
        assertThat(options.client()).isUnmodifiable();
        assertThat(options.producer()).isUnmodifiable();
        assertThat(options.consumer()).isUnmodifiable();
    }

    @Test
    void toString_severalProperties_areNamedInOrder() {
        assertThat(builder()
                        .producer("c", 1)
                        .producer("a", 2)
                        .producer("b", 3)
                        .client("z", 4)
                        .build())
                .hasToString("KafkaOptions[bootstrapServers=[kafka:9092], client=[z], producer=[a, b, c],"
                        + " consumer=[], deliveryTimeout=null, transactions="
                        + TransactionOptions.defaults() + "]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "com.sun.security.auth.module.JndiLoginModule required user.provider.url=\"ldap://evil/x\";",
                "com.sun.security.auth.module.LdapLoginModule required userProvider=\"ldap://evil/canary\";"
            })
    void jaas_loginModuleThatLooksElsewhere_isRefusedWithoutRepeatingIt(String jaas) {
        for (String name : List.of("sasl.jaas.config", "listener.name.x.sasl.jaas.config")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder().client(name, jaas))
                    .withMessageStartingWith("kafka.client: " + name + " names a login module")
                    .withMessageNotContaining("evil");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().producer("sasl.jaas.config", jaas))
                .withMessageStartingWith("kafka.producer: ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().consumer("sasl.jaas.config", jaas))
                .withMessageStartingWith("kafka.consumer: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.jwks.endpoint.url"})
    void oauth_addressThatIsNotAllowed_isRefusedAndNamesTheMend(String name) {
        String property = "org.apache.kafka.sasl.oauthbearer.allowed.urls";
        String file = "file:///etc/passwd";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().client(name, file))
                .withMessageContaining("system property " + property)
                .withMessageNotContaining("passwd");

        System.setProperty(property, "https://login.example.org/token, " + file);
        try {
            assertThat(builder().client(name, file).build().client()).containsEntry(name, file);
        } finally {
            System.clearProperty(property);
        }
    }
}
