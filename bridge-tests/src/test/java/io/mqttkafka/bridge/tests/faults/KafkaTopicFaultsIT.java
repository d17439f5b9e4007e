package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.LastError;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A real Kafka whose topics are deleted, made anew and closed while records are under way to them,
 * beside a route that has nothing to do with it.
 */
class KafkaTopicFaultsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String TOPIC = "site";
    private static final String DEAD = "dead";
    private static final String OTHER = "other";
    private static final Comparator<String> BY_NUMBER = Comparator.comparingInt(Integer::parseInt);

    private static FaultProxy proxy;
    private static EmbeddedKafka kafka;
    private static Admin admin;

    private final FakeMqttBroker mqtt = FakeMqttBroker.start();
    private Bridge bridge;

    @BeforeAll
    static void startKafka() {
        proxy = FaultProxy.start();
        kafka = EmbeddedKafka.builder()
                .behind(proxy)
                .property("auto.create.topics.enable", "false")
                .property("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
                .property("allow.everyone.if.no.acl.found", "true")
                .start();
        admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
    }

    @AfterAll
    static void stopKafka() {
        admin.close(Duration.ZERO);
        kafka.close();
        proxy.close();
    }

    @BeforeEach
    void createTopics() {
        kafka.createTopic(TOPIC, 1);
        kafka.createTopic(DEAD, 1);
        kafka.createTopic(OTHER, 1);
    }

    @AfterEach
    void close() throws Exception {
        if (bridge != null) {
            bridge.close();
        }
        mqtt.close();
        Set<String> left = get(admin.listTopics().names());
        left.retainAll(Set.of(TOPIC, DEAD, OTHER));
        get(admin.deleteTopics(left).all());
        await().atMost(PATIENCE)
                .until(() -> get(admin.listTopics().names()).stream().noneMatch(left::contains));
    }

    /**
     * The first one expires in the producer; those behind it have time left, and wait in the lane, because Kafka's client has
     * forgotten the topic by then. Kafka is back when they come again.
     */
    @Test
    void deliveryTimeout_severalMessagesUnderWay_keepTheirOrder() {
        start(proxy.address(), 1, false, policy -> {}, options -> options.deliveryTimeout(Duration.ofSeconds(3)));
        List<Publication> published = publish("site/a", 1, 0, 0);
        mqtt.awaitAcknowledged(published.get(0), PATIENCE);

        proxy.pause();
        published.addAll(publish("site/a", 1, 1, 1));
        await().atMost(PATIENCE)
                .until(() -> bridge.health().routes().get(0).qos1().received() == 2);
        proxy.refuse();
        proxy.cutAll();
        // So that it expires first.
        await().pollDelay(Duration.ofMillis(1_500)).until(() -> true);
        published.addAll(publish("site/a", 1, 2, 8));
        await().atMost(PATIENCE)
                .until(() -> String.valueOf(bridge.health().connections().get(0).lastError())
                        .contains("Kafka's client failed"));
        proxy.resume();
        proxy.accept();

        published.forEach(one -> mqtt.awaitAcknowledged(one, PATIENCE));
        assertThat(firstCopies(TOPIC)).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8");
    }

    @Test
    void topicDeleted_atQos1_itsMessagesFailByPolicyAndTheOtherRouteGoesOn() throws Exception {
        topicDeleted(1, false);
    }

    @Tag("chaos")
    @ParameterizedTest
    @CsvSource({"0, false", "2, false", "2, true"})
    void topicDeleted_atOtherQos_itsMessagesFailByPolicyAndTheOtherRouteGoesOn(int qos, boolean exactlyOnce)
            throws Exception {
        topicDeleted(qos, exactlyOnce);
    }

    private void topicDeleted(int qos, boolean exactlyOnce) throws Exception {
        start(qos, exactlyOnce, policy -> policy.deadLetter(DEAD));
        mqtt.publish("site/a", "0", qos);
        awaitValues(TOPIC, "0");

        get(admin.deleteTopics(List.of(TOPIC)).all());
        List<Publication> gone = publish("site/a", qos, 1, 5);
        List<Publication> others = publish("other/a", qos, 1, 5);

        if (qos == 0) {
            // What was under way is given up, at most once; what comes later is a dead letter.
            await().atMost(PATIENCE)
                    .until(() -> bridge.health().connections().get(0).connects() > 1);
            publish("site/a", qos, 6, 6);
            publish("other/a", qos, 6, 6);
            awaitValues(DEAD, "6");
            assertThat(values(OTHER)).contains("6");
        } else {
            others.forEach(one -> mqtt.awaitAcknowledged(one, PATIENCE));
            gone.forEach(one -> mqtt.awaitAcknowledged(one, PATIENCE));
            assertThat(firstCopies(OTHER)).containsExactly("1", "2", "3", "4", "5");
            assertThat(firstCopies(DEAD)).containsExactly("1", "2", "3", "4", "5");
        }
        assertThat(bridge.health().routes().get(0).lastError())
                .extracting(LastError::cause, InstanceOfAssertFactories.STRING)
                .contains("'site'", "does not exist");
    }

    @Tag("chaos")
    @ParameterizedTest
    @CsvSource({"1, false, 1", "2, false, 1", "2, true, 1", "1, false, 3", "2, true, 3"})
    void topicMadeAnew_underLoad_goesOnByItself(int qos, boolean exactlyOnce, int partitionsAfter) throws Exception {
        start(qos, exactlyOnce, retryForLong());
        mqtt.publish("site/a", "0", qos);
        awaitValues(TOPIC, "0");

        get(admin.deleteTopics(List.of(TOPIC)).all());
        List<Publication> gone = publish("site/a", qos, 1, 5);
        List<Publication> others = publish("other/a", qos, 1, 5);
        await().atMost(PATIENCE).until(() -> !get(admin.listTopics().names()).contains(TOPIC));
        kafka.createTopic(TOPIC, partitionsAfter);
        gone.addAll(publish("site/a", qos, 6, 10));

        gone.forEach(one -> mqtt.awaitAcknowledged(one, PATIENCE));
        others.forEach(one -> mqtt.awaitAcknowledged(one, PATIENCE));
        assertThat(firstCopies(OTHER)).containsExactly("1", "2", "3", "4", "5");
        // Perhaps the old topic has taken some of the first ones before it was gone.
        assertThat(firstCopies(TOPIC))
                .containsSubsequence("6", "7", "8", "9", "10")
                .isSortedAccordingTo(BY_NUMBER);
    }

    /** A record for a partition that is no more would wait for it for ever. */
    @Tag("chaos")
    @ParameterizedTest
    @CsvSource({"1, false", "2, true"})
    void topicMadeAnew_withFewerPartitions_goesOnByItself(int qos, boolean exactlyOnce) throws Exception {
        get(admin.deleteTopics(List.of(TOPIC)).all());
        await().atMost(PATIENCE).until(() -> !get(admin.listTopics().names()).contains(TOPIC));
        kafka.createTopic(TOPIC, 8);
        start(qos, exactlyOnce, retryForLong());
        for (int i = 0; i < 8; i++) {
            mqtt.awaitAcknowledged(mqtt.publish("site/" + i, "0", qos), PATIENCE);
        }

        get(admin.deleteTopics(List.of(TOPIC)).all());
        List<Publication> gone = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            gone.addAll(publish("site/" + i, qos, 1, 2));
        }
        await().atMost(PATIENCE).until(() -> !get(admin.listTopics().names()).contains(TOPIC));
        kafka.createTopic(TOPIC, 1);
        gone.add(mqtt.publish("site/0", "3", qos));

        gone.forEach(one -> mqtt.awaitAcknowledged(one, PATIENCE));
        assertThat(values(TOPIC)).contains("3");
    }

    @Tag("chaos")
    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "2, true"})
    void topicClosedByAcl_thenOpened_goesOnInOrder(int qos, boolean exactlyOnce) throws Exception {
        start(qos, exactlyOnce, retryForLong());
        mqtt.publish("site/a", "0", qos);
        awaitValues(TOPIC, "0");
        AclBinding closed = new AclBinding(
                new ResourcePattern(ResourceType.TOPIC, TOPIC, PatternType.LITERAL),
                new AccessControlEntry("User:ANONYMOUS", "*", AclOperation.WRITE, AclPermissionType.DENY));

        get(admin.createAcls(List.of(closed)).all());
        List<Publication> held = publish("site/a", qos, 1, 20);
        List<Publication> others = publish("other/a", qos, 1, 5);
        await().atMost(PATIENCE)
                .until(() -> String.valueOf(bridge.health().routes().get(0).lastError())
                        .contains("Not authorized"));
        get(admin.deleteAcls(List.of(closed.toFilter())).all());
        held.addAll(publish("site/a", qos, 21, 30));

        held.forEach(one -> mqtt.awaitAcknowledged(one, PATIENCE));
        others.forEach(one -> mqtt.awaitAcknowledged(one, PATIENCE));
        assertThat(firstCopies(TOPIC)).hasSize(31).isSortedAccordingTo(BY_NUMBER);
        assertThat(firstCopies(OTHER)).containsExactly("1", "2", "3", "4", "5");
    }

    private void start(int qos, boolean exactlyOnce, Consumer<FailurePolicy.Builder> policy) {
        start(kafka.bootstrapServers(), qos, exactlyOnce, policy, options -> {});
    }

    private void start(
            String kafkaServers,
            int qos,
            boolean exactlyOnce,
            Consumer<FailurePolicy.Builder> policy,
            Consumer<KafkaOptions.Builder> options) {
        bridge = Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge"))
                .kafka(k -> {
                    k.bootstrapServers(kafkaServers);
                    options.accept(k);
                })
                .route(route("site/#", TOPIC, qos, exactlyOnce, policy))
                .route(route("other/#", OTHER, qos, exactlyOnce, policy))
                .build();
        bridge.start();
    }

    private static Route route(
            String filter, String topic, int qos, boolean exactlyOnce, Consumer<FailurePolicy.Builder> policy) {
        var from = Route.fromMqtt(filter).qos(QoS.of(qos));
        return (exactlyOnce ? from : from.effectivelyOnce())
                .toKafka(topic)
                .name(topic)
                .onFailure(policy)
                .build();
    }

    private static Consumer<FailurePolicy.Builder> retryForLong() {
        return policy -> policy.retry(10_000, Backoff.fixed(Duration.ofMillis(100)));
    }

    private List<Publication> publish(String topic, int qos, int first, int last) {
        List<Publication> published = new ArrayList<>();
        for (int i = first; i <= last; i++) {
            published.add(mqtt.publish(topic, Integer.toString(i), qos));
        }
        return published;
    }

    private static void awaitValues(String topic, String... values) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(values(topic)).contains(values));
    }

    private static List<String> values(String topic) {
        return kafka.readAll(topic).stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private static List<String> firstCopies(String topic) {
        return List.copyOf(new LinkedHashSet<>(values(topic)));
    }

    private static <T> T get(KafkaFuture<T> answer) throws Exception {
        return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
}
