package io.mqttkafka.bridge.testkit.fake.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import org.junit.jupiter.api.Test;

/** Sessions, the three QoS levels both ways, and retained messages. */
class BrokerCoreTest {

    private static final String PUBLISH_1 = "PUBLISH a/b qos=1 id=1 payload=1B";

    private final CoreFixture broker = new CoreFixture();

    @Test
    void connect_first_hasNoSession() {
        assertThat(broker.connect("c").lines()).containsExactly("CONNACK sessionPresent=false reason=0x00");
    }

    @Test
    void connect_again_goesOnWithTheSession() {
        broker.connect("c").lose();

        assertThat(broker.connect("c").lines()).containsExactly("CONNACK sessionPresent=true reason=0x00");
    }

    @Test
    void connect_cleanStart_forgetsTheSession() {
        broker.connect("c").subscribe("a/#", 1).lose();

        CoreFixture.Client again = broker.connect("c", true, MqttProperties.NONE);
        broker.publish("a/b", "x", 1);

        assertThat(again.lines()).containsExactly("CONNACK sessionPresent=false reason=0x00");
    }

    @Test
    void connect_withoutSessionExpiry_endsTheSessionWithTheConnection() {
        broker.connect("c", false, MqttProperties.NONE).lose();

        assertThat(broker.core.sessions()).isEmpty();
    }

    @Test
    void connect_emptyClientId_isAssignedOne() {
        CoreFixture.Client client = broker.connect("", true, MqttProperties.NONE);

        assertThat(client.take().get(0).properties().text(MqttProperty.ASSIGNED_CLIENT_IDENTIFIER))
                .hasValue("assigned-1");
    }

    @Test
    void publish_qos1FromClient_isAcknowledgedAndDelivered() {
        CoreFixture.Client subscriber = broker.connect("s").subscribe("a/#", 2);
        CoreFixture.Client publisher = broker.connect("p");
        subscriber.take();
        publisher.take();

        publisher.publish(
                PublishPacket.to("a/b").qos(1).packetId(9).payload("x").userProperty("k", "v"));

        assertThat(publisher.lines()).containsExactly("PUBACK id=9 reason=0x00");
        assertThat(subscriber.lines()).containsExactly(PUBLISH_1 + " {USER_PROPERTY=k:v}");
    }

    @Test
    void publish_toNobody_isAcknowledgedWithThatReason() {
        CoreFixture.Client publisher = broker.connect("p");
        publisher.take();

        publisher.publish(PublishPacket.to("a").qos(1).packetId(1));

        assertThat(publisher.lines()).containsExactly("PUBACK id=1 reason=0x10");
    }

    @Test
    void publish_qos2FromClientTwice_isDeliveredOnce() {
        CoreFixture.Client subscriber = broker.connect("s").subscribe("a", 0);
        CoreFixture.Client publisher = broker.connect("p");
        publisher.take();
        PublishPacket.Builder message = PublishPacket.to("a").qos(2).packetId(5).payload("x");

        publisher.publish(message).publish(message.dup());
        assertThat(publisher.lines()).containsExactly("PUBREC id=5 reason=0x00", "PUBREC id=5 reason=0x00");
        publisher.ack(MqttPacketType.PUBREL, 5).ack(MqttPacketType.PUBREL, 5);

        assertThat(publisher.lines()).containsExactly("PUBCOMP id=5 reason=0x00", "PUBCOMP id=5 reason=0x92");
        assertThat(subscriber.payloads()).containsExactly("x");
    }

    @Test
    void publish_qos2FromClientOverTwoConnections_isDeliveredOnce() {
        CoreFixture.Client subscriber = broker.connect("s").subscribe("a", 0);
        CoreFixture.Client publisher = broker.connect("p");
        PublishPacket.Builder message = PublishPacket.to("a").qos(2).packetId(5).payload("x");
        publisher.publish(message).lose();

        broker.connect("p").publish(message.dup());

        assertThat(subscriber.payloads()).containsExactly("x");
    }

    @Test
    void deliver_qos1_waitsForPuback() {
        CoreFixture.Client subscriber = broker.connect("s").subscribe("a/b", 1);
        subscriber.take();
        Publication publication = broker.publish("a/b", "x", 1);

        assertThat(publication.isAcknowledged()).isFalse();
        subscriber.ack(MqttPacketType.PUBACK, 1);

        assertThat(publication.isAcknowledged()).isTrue();
        assertThat(subscriber.lines()).containsExactly(PUBLISH_1);
    }

    @Test
    void deliver_qos2_isAcknowledgedByPubcompOnly() {
        CoreFixture.Client subscriber = broker.connect("s").subscribe("a/b", 2);
        subscriber.take();
        Publication publication = broker.publish("a/b", "x", 2);

        subscriber.ack(MqttPacketType.PUBREC, 1);
        assertThat(publication.isAcknowledged()).isFalse();
        subscriber.ack(MqttPacketType.PUBCOMP, 1);

        assertThat(publication.isAcknowledged()).isTrue();
        assertThat(subscriber.lines()).containsExactly("PUBLISH a/b qos=2 id=1 payload=1B", "PUBREL id=1 reason=0x00");
    }

    @Test
    void deliver_refusedByTheClient_isNotSentAgain() {
        CoreFixture.Client subscriber = broker.connect("s").subscribe("a", 2);
        Publication publication = broker.publish("a", "x", 2);
        subscriber.ack(MqttPacketType.PUBREC, 1, 0x97).lose();

        assertThat(broker.connect("s").payloads()).isEmpty();
        assertThat(publication.refused()).isEqualTo(1);
        assertThat(publication.isAcknowledged()).isFalse();
    }

    @Test
    void resume_unacknowledged_isSentAgainInOrderWithDup() {
        CoreFixture.Client subscriber = broker.connect("s").subscribe("a", 2);
        broker.publish("a", "1", 2);
        broker.publish("a", "2", 1);
        broker.publish("a", "3", 2);
        subscriber.ack(MqttPacketType.PUBREC, 1).lose();
        broker.publish("a", "4", 1);
        broker.publish("a", "5", 0);

        CoreFixture.Client again = broker.connect("s");

        assertThat(again.lines())
                .containsExactly(
                        "CONNACK sessionPresent=true reason=0x00",
                        "PUBREL id=1 reason=0x00",
                        "PUBLISH a qos=1 id=2 dup payload=1B",
                        "PUBLISH a qos=2 id=3 dup payload=1B",
                        "PUBLISH a qos=1 id=4 payload=1B");
    }

    @Test
    void deliver_receiveMaximum_isNeverExceeded() {
        CoreFixture.Client subscriber = limited();
        subscriber.subscribe("a", 2);
        for (int i = 1; i <= 5; i++) {
            broker.publish("a", String.valueOf(i), i % 2 + 1);
        }

        assertThat(subscriber.payloads()).containsExactly("1", "2");
        subscriber.ack(MqttPacketType.PUBREC, 1);
        assertThat(subscriber.payloads()).isEmpty();
        subscriber.ack(MqttPacketType.PUBCOMP, 1);
        assertThat(subscriber.payloads()).containsExactly("3");
        subscriber.lose();

        CoreFixture.Client again = limited();
        assertThat(again.payloads()).containsExactly("2", "3");
        again.ack(MqttPacketType.PUBACK, 2);
        assertThat(again.payloads()).containsExactly("4");
    }

    @Test
    void deliver_queueFull_dropsTheNewest() {
        CoreFixture small = new CoreFixture(new BrokerOptions(
                java.util.Map.of(),
                2,
                65_535,
                BrokerOptions.LARGEST_PACKET,
                0,
                -1,
                BrokerOptions.NEVER,
                2,
                MqttProperties.NONE));
        small.connect("s").subscribe("a", 1).lose();
        small.publish("a", "1", 1);
        small.publish("a", "2", 1);
        Publication third = small.publish("a", "3", 1);

        assertThat(small.connect("s").payloads()).containsExactly("1", "2");
        assertThat(third.lost()).isEqualTo(1);
        assertThat(small.core.session("s").orElseThrow().dropped()).isEqualTo(1);
    }

    @Test
    void puback_unknown_isReportedAndDoesNoHarm() {
        CoreFixture.Client client = broker.connect("c");

        client.ack(MqttPacketType.PUBACK, 77);

        assertThat(client.isClosed()).isFalse();
        assertThat(broker.violations).singleElement().asString().contains("PUBACK id=77");
    }

    @Test
    void retained_isSentToNewSubscribersAndReplaced() {
        CoreFixture.Client publisher = broker.connect("p");
        publisher.publish(PublishPacket.to("a/1").payload("old").retain());
        publisher.publish(PublishPacket.to("a/1").payload("x").retain());
        publisher.publish(PublishPacket.to("a/2").payload("y").retain());
        publisher.publish(PublishPacket.to("a/2").retain());

        CoreFixture.Client subscriber = broker.connect("s");
        subscriber.take();
        subscriber.subscribe("a/+", 1);

        assertThat(subscriber.lines()).containsExactly("SUBACK id=1", "PUBLISH a/1 qos=0 retain payload=1B");
    }

    @Test
    void packetIds_goRoundAndSkipThoseInFlight() {
        CoreFixture.Client subscriber = broker.connect("s").subscribe("a", 1);
        broker.publish("a", "first", 1);
        for (int id = 2; id <= 65_535; id++) {
            broker.publish("a", "", 1);
            subscriber.ack(MqttPacketType.PUBACK, id);
        }
        subscriber.take();

        broker.publish("a", "x", 1);

        assertThat(subscriber.lines()).containsExactly("PUBLISH a qos=1 id=2 payload=1B");
    }

    @Test
    void packetIds_lowestFirst_areUsedAgainAtOnce() {
        CoreFixture.Client subscriber = broker.connect("s").subscribe("a", 1);
        broker.core.reusePacketIds();
        broker.publish("a", "x", 1);
        subscriber.ack(MqttPacketType.PUBACK, 1);
        subscriber.take();

        broker.publish("a", "y", 1);

        assertThat(subscriber.lines()).containsExactly("PUBLISH a qos=1 id=1 payload=1B");
    }

    private CoreFixture.Client limited() {
        return broker.connect(
                "s",
                false,
                MqttProperties.NONE
                        .with(MqttProperty.SESSION_EXPIRY_INTERVAL, 60)
                        .with(MqttProperty.RECEIVE_MAXIMUM, 2));
    }
}
