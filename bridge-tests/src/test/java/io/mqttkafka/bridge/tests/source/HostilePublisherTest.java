package io.mqttkafka.bridge.tests.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Publishers that keep within the limits of the MQTT broker and do what they can to hurt others, made up from a seed: an
 * honest one on the same connection gets all its messages delivered while they go on.
 *
 * <p>{@code -Dbridge.hostile.seed=..} plays one again, {@code -Dbridge.hostile.rounds=..} plays more, {@code
 * -Dbridge.hostile.missing=false} leaves out Kafka topics that do not exist.
 */
class HostilePublisherTest {
    private static final String CLIENT = "street";
    private static final int ROUNDS = Integer.getInteger("bridge.hostile.rounds", 2);
    private static final boolean MISSING_TOPICS =
            Boolean.parseBoolean(System.getProperty("bridge.hostile.missing", "true"));
    private static final int HONEST_MESSAGES = 15;
    private static final int HOSTILE_BETWEEN = 8;
    private static final int LARGEST_PAYLOAD = 1_000_000;
    private static final int LONGEST_TOPIC = 65_000;

    /** How many of its messages may be under way: more than the bridge takes at a time, less than this process can hold. */
    private static final int MOST_UNDER_WAY = 60;

    private static final Duration PATIENCE = Duration.ofSeconds(120);

    /** What a message of a hostile publisher is like. */
    private enum Attack {
        LARGE,
        LONG_TOPIC,
        MANY_PROPERTIES,
        LARGE_PROPERTIES,
        FORGED_MARKER,
        FORGED_METADATA,
        FORBIDDEN_TOPIC,
        ILLEGAL_TOPIC,
        INTERNAL_TOPIC,
        MISSING_TOPIC,
        POISON,
        PLAIN
    }

    @Test
    void honestPublisher_isDeliveredWhileOthersAttack() {
        Long seed = Long.getLong("bridge.hostile.seed");
        if (seed != null) {
            play(seed);
            return;
        }
        long first = System.nanoTime();
        for (int round = 0; round < ROUNDS; round++) {
            play(first + round);
        }
    }

    private static void play(long seed) {
        Random random = new Random(seed);
        QoS honestQos = QoS.of(1 + random.nextInt(2));
        boolean exactlyOnce = random.nextBoolean();
        List<RouteStopped> stops = new CopyOnWriteArrayList<>();
        try (FakeMqttBroker mqtt =
                        FakeMqttBroker.builder().maxQueuedMessages(100_000).start();
                FakeKafka kafka = FakeKafka.builder().withoutAutoCreate().start();
                Bridge bridge = bridge(mqtt, kafka, honestQos, exactlyOnce, stops)) {
            List.of("honest", "dead", "hostile.a", "hostile.b", "hostile.forbidden")
                    .forEach(topic -> kafka.createTopic(topic, 2));
            kafka.faults()
                    .on(KafkaOperation.SEND)
                    .topic("hostile.forbidden")
                    .every(1)
                    .unauthorised();
            bridge.start();

            Hostile hostile = new Hostile(mqtt, random);
            List<Publication> honest = new ArrayList<>();
            List<Long> waits = new ArrayList<>();
            for (int i = 0; i < HONEST_MESSAGES; i++) {
                for (int j = 0; j < HOSTILE_BETWEEN; j++) {
                    hostile.publish();
                }
                long published = System.nanoTime();
                Publication publication = mqtt.publish("honest/1", "m" + i, honestQos.level());
                honest.add(publication);
                hostile.publish();
                mqtt.awaitAcknowledged(publication, PATIENCE);
                waits.add((System.nanoTime() - published) / 1_000_000);
            }
            hostile.awaitEnd();

            assertThat(stops).as("seed %d: %s", seed, hostile).isEmpty();
            assertThat(kafka.values("honest"))
                    .as("seed %d: %s", seed, hostile)
                    .containsExactlyInAnyOrderElementsOf(IntStream.range(0, HONEST_MESSAGES)
                            .mapToObj(i -> "m" + i)
                            .toList());
            assertThat(bridge.health().connections().get(0).connects())
                    .as("seed %d: connects; %s", seed, hostile)
                    .isEqualTo(1);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                            bridge.health().connections().get(0).inFlightBytes())
                    .isZero());
            waits.sort(null);
            System.out.printf(
                    "HostilePublisherTest seed %d: honest at QoS %d, %s; median %d ms, worst %d ms%n",
                    seed, honestQos.level(), hostile, waits.get(waits.size() / 2), waits.get(waits.size() - 1));
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed + " (-Dbridge.hostile.seed=" + seed + "): " + e.getMessage(), e);
        }
    }

    private static Bridge bridge(
            FakeMqttBroker mqtt, FakeKafka kafka, QoS honestQos, boolean exactlyOnce, List<RouteStopped> stops) {
        var honest = Route.fromMqtt("honest/#").qos(honestQos);
        var hostile = Route.fromMqtt("hostile/{target}/#").qos(QoS.EXACTLY_ONCE);
        if (!exactlyOnce) {
            hostile.effectivelyOnce();
        }
        if (honestQos == QoS.EXACTLY_ONCE && !exactlyOnce) {
            honest.effectivelyOnce();
        }
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId(CLIENT).keepAlive(Duration.ofSeconds(8)))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .loops(l -> l.guarded(true))
                .route(honest.toKafka("honest").name("honest").build())
                .route(hostile.decode(PayloadCodec.utf8())
                        .toKafka("hostile.{target}")
                        .name("hostile")
                        .metadataHeaders()
                        .maxTopics(4)
                        .onFailure(f -> f.deadLetter("dead"))
                        .build())
                .listener(new BridgeListener() {
                    @Override
                    public void onRouteStopped(RouteStopped event) {
                        stops.add(event);
                    }
                })
                .build();
    }

    /** Keeps some messages under way and makes up the next. */
    private static final class Hostile {
        private final FakeMqttBroker mqtt;
        private final Random random;
        private final Deque<Publication> underWay = new ArrayDeque<>();
        private final int[] counts = new int[Attack.values().length];
        private int flood;
        private int floodQos;

        Hostile(FakeMqttBroker mqtt, Random random) {
            this.mqtt = mqtt;
            this.random = random;
        }

        void publish() {
            while (underWay.size() >= MOST_UNDER_WAY) {
                mqtt.awaitAcknowledged(underWay.remove(), PATIENCE);
            }
            if (flood == 0 && random.nextInt(10) == 0) {
                flood = 1 + random.nextInt(30);
                floodQos = random.nextInt(3);
            }
            boolean flooding = flood > 0;
            flood = Math.max(0, flood - 1);
            int qos = flooding ? floodQos : random.nextInt(3);
            Attack attack = Attack.values()[random.nextInt(Attack.values().length)];
            if (attack == Attack.MISSING_TOPIC && !MISSING_TOPICS) {
                attack = Attack.PLAIN;
            }
            counts[attack.ordinal()]++;
            Publication publication = mqtt.publish(message(attack, qos));
            if (qos > 0) {
                underWay.add(publication);
            }
        }

        void awaitEnd() {
            underWay.forEach(publication -> mqtt.awaitAcknowledged(publication, PATIENCE));
        }

        private PublishPacket message(Attack attack, int qos) {
            String target = random.nextBoolean() ? "a" : "b";
            PublishPacket.Builder message =
                    switch (attack) {
                        case LARGE -> to(target).payload("x".repeat(random.nextInt(LARGEST_PAYLOAD)));
                        case LONG_TOPIC ->
                            PublishPacket.to("hostile/" + target + "/" + longText())
                                    .payload("x");
                        case MANY_PROPERTIES -> withProperties(to(target), random.nextInt(2_000), "");
                        case LARGE_PROPERTIES -> withProperties(to(target), 1 + random.nextInt(8), "v".repeat(60_000));
                        case FORGED_MARKER ->
                            to(target).payload("x").userProperty("bridge.origin", "x;9;0123456789abcdef");
                        case FORGED_METADATA ->
                            to(target)
                                    .payload("x")
                                    .userProperty("mqtt.topic", "honest/1")
                                    .userProperty("bridge.dead-letter.route", "honest");
                        case FORBIDDEN_TOPIC -> to("forbidden").payload("x");
                        case ILLEGAL_TOPIC ->
                            to("il legal " + random.nextInt(50)).payload("x");
                        case INTERNAL_TOPIC ->
                            to(longText().substring(0, 300).replace('/', '_')).payload("x");
                        case MISSING_TOPIC -> to("missing" + random.nextInt(3)).payload("x");
                        case POISON -> to(target).payload(new byte[] {(byte) 0xC3, 0x28});
                        case PLAIN -> to(target).payload("x");
                    };
            if (qos > 0) {
                message.qos(qos).packetId(1);
            }
            return message.build();
        }

        private static PublishPacket.Builder to(String target) {
            return PublishPacket.to("hostile/" + target + "/1");
        }

        private PublishPacket.Builder withProperties(PublishPacket.Builder message, int count, String value) {
            for (int i = 0; i < count; i++) {
                message.userProperty("", value);
            }
            return message.payload("x");
        }

        /** Another one each time, some of it beyond Latin-1, some of it levels. */
        private String longText() {
            StringBuilder text = new StringBuilder();
            int length = 400 + random.nextInt(LONGEST_TOPIC / 3 - 400);
            boolean levels = random.nextInt(4) == 0;
            while (text.length() < length) {
                text.append((char) ('a' + random.nextInt(26)))
                        .append(levels ? "/" : "")
                        .append(random.nextInt(9) == 0 ? "\u20ac" : "");
            }
            return text.toString();
        }

        @Override
        public String toString() {
            List<String> all = new ArrayList<>();
            for (Attack attack : Attack.values()) {
                if (counts[attack.ordinal()] > 0) {
                    all.add(counts[attack.ordinal()] + " " + attack);
                }
            }
            return String.join(", ", all);
        }
    }
}
