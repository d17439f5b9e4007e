package io.mqttkafka.bridge.testkit.fake.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Subscription options, shared subscriptions, aliases, limits, takeover, and what clients must not do. */
class BrokerRulesTest {

    private final CoreFixture broker = new CoreFixture();

    @Test
    void subscribe_noLocal_sendsNothingBack() {
        CoreFixture.Client client = broker.connect("c");
        client.subscribe(new SubscribePacket.Subscription("a", 1, true, false, 0), MqttProperties.NONE);

        client.publish(PublishPacket.to("a").payload("mine"));
        broker.connect("other").publish(PublishPacket.to("a").payload("theirs"));

        assertThat(client.payloads()).containsExactly("theirs");
    }

    @ParameterizedTest
    @CsvSource({"true, true", "false, false"})
    void subscribe_retainAsPublished_keepsTheFlag(boolean asPublished, boolean expected) {
        CoreFixture.Client client = broker.connect("c");
        client.subscribe(new SubscribePacket.Subscription("a", 0, false, asPublished, 0), MqttProperties.NONE);

        broker.connect("p").publish(PublishPacket.to("a").payload("x").retain());

        List<io.mqttkafka.bridge.testkit.packet.MqttPacket> packets = client.take();
        assertThat(packets.get(packets.size() - 1).publish().retain()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"0, true, true", "1, true, false", "2, false, false"})
    void subscribe_retainHandling_decidesWhatIsReplayed(int handling, boolean first, boolean second) {
        broker.connect("p").publish(PublishPacket.to("a").payload("x").retain());
        CoreFixture.Client client = broker.connect("c");
        SubscribePacket.Subscription wanted = new SubscribePacket.Subscription("a", 0, false, false, handling);

        assertThat(client.subscribe(wanted, MqttProperties.NONE).payloads().size() == 1)
                .isEqualTo(first);
        assertThat(client.subscribe(wanted, MqttProperties.NONE).payloads().size() == 1)
                .isEqualTo(second);
    }

    @Test
    void subscribe_overlapping_sendsOneCopyWithTheHighestQosAndAllIds() {
        CoreFixture.Client client = broker.connect("c");
        client.subscribe(option("a/#", 0), MqttProperties.NONE.with(MqttProperty.SUBSCRIPTION_IDENTIFIER, 7));
        client.subscribe(option("a/+", 1), MqttProperties.NONE.with(MqttProperty.SUBSCRIPTION_IDENTIFIER, 8));
        client.take();

        broker.publish("a/b", "x", 2);

        assertThat(client.take()).singleElement().satisfies(packet -> {
            assertThat(packet.publish().qos()).isEqualTo(1);
            assertThat(packet.properties().numbers(MqttProperty.SUBSCRIPTION_IDENTIFIER))
                    .containsExactlyInAnyOrder(7L, 8L);
        });
    }

    @Test
    void subscribe_invalidFilter_isRefusedAlone() {
        CoreFixture.Client client = broker.connect("c");
        client.take();

        client.subscribe("a/#/b", 1);

        assertThat(client.take().get(0).bytes()).endsWith((byte) 0x8F);
        assertThat(client.isClosed()).isFalse();
    }

    @Test
    void unsubscribe_known_endsTheMessages() {
        CoreFixture.Client client = broker.connect("c").subscribe("a", 1);
        client.take();

        client.unsubscribe("a").unsubscribe("a");
        broker.publish("a", "x", 1);

        assertThat(client.take()).hasSize(2).allSatisfy(packet -> assertThat(packet.type())
                .isEqualTo(MqttPacketType.UNSUBACK));
    }

    @Test
    void shared_twoMembers_takeTurns() {
        CoreFixture.Client one = broker.connect("1").subscribe("$share/g/a", 1);
        CoreFixture.Client two = broker.connect("2").subscribe("$share/g/a", 1);
        CoreFixture.Client other = broker.connect("3").subscribe("$share/h/#", 1);
        for (int i = 0; i < 4; i++) {
            broker.publish("a", String.valueOf(i), 1);
        }

        List<String> both = new ArrayList<>(one.payloads());
        assertThat(both).hasSize(2);
        both.addAll(two.payloads());
        assertThat(both).containsExactlyInAnyOrder("0", "1", "2", "3");
        assertThat(other.payloads()).containsExactly("0", "1", "2", "3");
    }

    @Test
    void shared_memberAway_isPassedOver() {
        CoreFixture.Client one = broker.connect("1").subscribe("$share/g/a", 1);
        broker.connect("2").subscribe("$share/g/a", 1).lose();

        broker.publish("a", "x", 1);
        broker.publish("a", "y", 1);

        assertThat(one.payloads()).containsExactly("x", "y");
    }

    @Test
    void shared_allAway_waitsInOneSession() {
        broker.connect("1").subscribe("$share/g/a", 1).lose();

        broker.publish("a", "x", 1);

        assertThat(broker.connect("1").payloads()).containsExactly("x");
    }

    @Test
    void publish_wildcards_doNotMatchDollarTopics() {
        CoreFixture.Client client =
                broker.connect("c").subscribe("#", 1).subscribe("+/x", 1).subscribe("$SYS/#", 0);

        broker.publish("$SYS/x", "x", 1);

        assertThat(client.payloads()).containsExactly("x");
        assertThat(client.isClosed()).isFalse();
    }

    @Test
    void alias_fromClient_standsForItsTopic() {
        CoreFixture.Client subscriber = broker.connect("s").subscribe("#", 0);
        CoreFixture.Client publisher = broker.connect("p");
        subscriber.take();

        publisher.publish(PublishPacket.to("a/b").topicAlias(3).payload("x"));
        publisher.publish(PublishPacket.to("").topicAlias(3).payload("y"));

        assertThat(subscriber.lines()).containsExactly("PUBLISH a/b qos=0 payload=1B", "PUBLISH a/b qos=0 payload=1B");
    }

    @ParameterizedTest
    @CsvSource({"11, a, 0x94", "0, a, 0x94", "5, '', 0x82"})
    void alias_notAllowedOrUnknown_disconnects(int alias, String topic, String reason) {
        CoreFixture.Client client = broker.connect("c");
        client.take();

        client.publish(PublishPacket.to(topic).topicAlias(alias));

        assertThat(client.lines()).containsExactly("DISCONNECT reason=" + reason);
    }

    @Test
    void alias_clientAllowsOne_firstTopicGetsIt() {
        CoreFixture.Client client =
                broker.connect("c", true, MqttProperties.NONE.with(MqttProperty.TOPIC_ALIAS_MAXIMUM, 1));
        client.subscribe("#", 0).take();

        broker.publish("a", "x", 0);
        broker.publish("b", "x", 0);
        broker.publish("a", "x", 0);

        assertThat(client.lines())
                .containsExactly(
                        "PUBLISH a qos=0 payload=1B {TOPIC_ALIAS=1}",
                        "PUBLISH b qos=0 payload=1B",
                        "PUBLISH  qos=0 payload=1B {TOPIC_ALIAS=1}");
    }

    @Test
    void deliver_largerThanTheClientTakes_isDropped() {
        CoreFixture.Client client =
                broker.connect("c", true, MqttProperties.NONE.with(MqttProperty.MAXIMUM_PACKET_SIZE, 30));
        client.subscribe("a", 1);

        Publication large = broker.publish("a", "x".repeat(30), 1);
        broker.publish("a", "small", 1);

        assertThat(client.payloads()).containsExactly("small");
        assertThat(large.lost()).isEqualTo(1);
    }

    @Test
    void deliver_congested_dropsQos0Only() {
        CoreFixture.Client client = broker.connect("c").subscribe("a", 1);
        client.congest();

        broker.publish("a", "0", 0);
        broker.publish("a", "1", 1);

        assertThat(client.payloads()).containsExactly("1");
    }

    @Test
    void connect_sameClientId_takesOver() {
        CoreFixture.Client first = broker.connect("c");
        first.subscribe("a", 1).take();

        CoreFixture.Client second = broker.connect("c");
        broker.publish("a", "x", 1);

        assertThat(first.lines()).containsExactly("DISCONNECT reason=0x8E");
        assertThat(first.isClosed()).isTrue();
        assertThat(second.payloads()).containsExactly("x");
    }

    @Test
    void limits_areKept() {
        CoreFixture limited =
                new CoreFixture(new BrokerOptions(Map.of(), 1, 1, 50, 0, -1, 60, 10, MqttProperties.NONE));

        assertThat(limited.connect("c").lines())
                .containsExactly("CONNACK sessionPresent=false reason=0x00 {SESSION_EXPIRY_INTERVAL=60}");
        assertThat(limited.connect("q").subscribe("a", 2).take().get(1).bytes()).endsWith((byte) 1);
        assertThat(refusal(limited, PublishPacket.to("a").qos(2).packetId(1))).endsWith("0x9B");
        assertThat(refusal(limited, PublishPacket.to("a").payload("x".repeat(50))))
                .endsWith("0x95");
    }

    @Test
    void receiveMaximum_exceededByTheClient_disconnects() {
        CoreFixture limited =
                new CoreFixture(new BrokerOptions(Map.of(), 2, 1, 1_000, 0, -1, 60, 10, MqttProperties.NONE));
        CoreFixture.Client client = limited.connect("c");
        client.publish(PublishPacket.to("a").qos(2).packetId(1));
        client.ack(MqttPacketType.PUBREL, 1);
        client.publish(PublishPacket.to("a").qos(2).packetId(2));
        assertThat(client.isClosed()).isFalse();

        client.publish(PublishPacket.to("a").qos(2).packetId(3));

        assertThat(client.lines()).last().asString().isEqualTo("DISCONNECT reason=0x93");
    }

    @Test
    void connect_twice_isAProtocolError() {
        CoreFixture.Client client = broker.connect("c");
        client.take();

        client.connect(CoreFixture.connectPacket("c", true, 0, Optional.empty(), MqttProperties.NONE));

        assertThat(client.lines()).containsExactly("DISCONNECT reason=0x82");
        assertThat(broker.violations).hasSize(1);
    }

    @Test
    void packet_beforeConnect_closes() {
        CoreFixture.Client client = broker.open();

        client.says(MqttPackets.pingreq());

        assertThat(client.isClosed()).isTrue();
        assertThat(client.lines()).isEmpty();
    }

    @Test
    void connect_withAuthenticationMethod_isRefused() {
        CoreFixture.Client client =
                broker.connect("c", true, MqttProperties.NONE.with(MqttProperty.AUTHENTICATION_METHOD, "SCRAM"));

        assertThat(client.lines()).containsExactly("CONNACK sessionPresent=false reason=0x8C");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void will_isPublishedUnlessTheClientLeavesInPeace(boolean peace) {
        CoreFixture.Client watcher = broker.connect("w").subscribe("state/#", 1);
        ConnectPacket.Will will =
                new ConnectPacket.Will("state/c", "gone".getBytes(UTF_8), 1, true, MqttProperties.NONE);
        CoreFixture.Client client =
                broker.open().connect(CoreFixture.connectPacket("c", true, 0, Optional.of(will), MqttProperties.NONE));

        if (peace) {
            client.disconnect(0);
        } else {
            client.lose();
        }

        assertThat(watcher.payloads()).isEqualTo(peace ? List.of() : List.of("gone"));
        assertThat(broker.core.retained()).hasSize(peace ? 0 : 1);
    }

    @Test
    void will_disconnectAsksForIt_isPublished() {
        CoreFixture.Client watcher = broker.connect("w").subscribe("state", 0);
        ConnectPacket.Will will =
                new ConnectPacket.Will("state", "gone".getBytes(UTF_8), 0, false, MqttProperties.NONE);

        broker.open()
                .connect(CoreFixture.connectPacket("c", true, 0, Optional.of(will), MqttProperties.NONE))
                .disconnect(0x04);

        assertThat(watcher.payloads()).containsExactly("gone");
    }

    private static String refusal(CoreFixture limited, PublishPacket.Builder message) {
        CoreFixture.Client client = limited.connect("refused");
        client.take();
        return client.publish(message).lines().get(0);
    }

    private static SubscribePacket.Subscription option(String filter, int qos) {
        return new SubscribePacket.Subscription(filter, qos, false, false, 0);
    }
}
