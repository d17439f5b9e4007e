package io.mqttkafka.bridge.testkit.fake.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each fault on its own, packet by packet. */
class FaultScriptTest {

    private final SwitchboardFixture broker = new SwitchboardFixture();

    @Test
    void dropConnection_nthPubackFromClient_neverReachesTheBroker() {
        broker.faults().on(MqttPacketType.PUBACK).fromClient().nth(2).dropConnection();
        SwitchboardFixture.Socket client = broker.subscriber("c");
        Publication first = broker.publish("1", 1);
        Publication second = broker.publish("2", 1);

        client.acks(MqttPacketType.PUBACK, 1).acks(MqttPacketType.PUBACK, 2);

        assertThat(client.lines())
                .containsExactly("PUBLISH a qos=1 id=1 payload=1B", "PUBLISH a qos=1 id=2 payload=1B", "reset");
        assertThat(first.isAcknowledged()).isTrue();
        assertThat(second.isAcknowledged()).isFalse();
        assertThat(broker.connect("c").lines()).contains("PUBLISH a qos=1 id=2 dup payload=1B");
        assertThat(broker.faults().happened()).singleElement().asString().contains("nth(2): drop the connection");
    }

    @Test
    void dropConnection_onPubackToClient_messageIsTakenThough() {
        SwitchboardFixture.Socket watcher = broker.subscriber("w");
        broker.faults().on(MqttPacketType.PUBACK).toClient().dropConnection();
        SwitchboardFixture.Socket client = broker.connect("c");
        client.lines();

        client.publishes(1, 1);

        assertThat(client.lines()).containsExactly("reset");
        assertThat(watcher.lines()).hasSize(1);
    }

    @Test
    void closeConnection_afterPublish_messageIsOut() {
        broker.faults().after(MqttPacketType.PUBLISH).toClient().first(1).closeConnection();
        SwitchboardFixture.Socket client = broker.subscriber("c");

        broker.publish("1", 1);
        broker.publish("2", 1);

        assertThat(client.lines())
                .startsWith("PUBLISH a qos=1 id=1 payload=1B", "close")
                .hasSizeLessThan(4);
        assertThat(broker.connect("c").lines())
                .containsExactly(
                        "CONNACK sessionPresent=true reason=0x00",
                        "PUBLISH a qos=1 id=1 dup payload=1B",
                        "PUBLISH a qos=1 id=2 payload=1B");
    }

    @Test
    void dropConnection_whileResuming_goesOnTheNextTime() {
        SwitchboardFixture.Socket client = broker.subscriber("c");
        broker.publish("1", 1);
        broker.publish("2", 2);
        broker.faults().on(MqttPacketType.PUBLISH).toClient().nth(2).dropConnection();

        assertThat(broker.connect("c").lines()).last().isEqualTo("reset");
        assertThat(broker.connect("c").lines())
                .contains("PUBLISH a qos=1 id=1 dup payload=1B", "PUBLISH a qos=2 id=2 dup payload=1B");
        assertThat(client.lines()).isNotEmpty();
    }

    @Test
    void dropConnection_onConnack_leavesASessionThatExpires() {
        broker.faults().on(MqttPacketType.CONNACK).nth(1).dropConnection();

        assertThat(broker.connect("c").lines()).containsExactly("reset");
        broker.clock.advance(Duration.ofHours(1));

        assertThat(broker.switchboard.<Integer>ask(core -> core.sessions().size()))
                .isZero();
    }

    @Test
    void dropPacket_toClient_countsAsSent() {
        broker.faults().on(MqttPacketType.PUBLISH).toClient().nth(1).dropPacket();
        SwitchboardFixture.Socket client = broker.subscriber("c");

        broker.publish("1", 1);
        broker.publish("2", 1);

        assertThat(client.lines()).containsExactly("PUBLISH a qos=1 id=2 payload=1B");
    }

    @Test
    void delay_holdsThePacketAndThoseBehindIt() {
        broker.faults().on(MqttPacketType.PUBLISH).toClient().nth(1).delay(Duration.ofSeconds(5));
        SwitchboardFixture.Socket client = broker.subscriber("c");
        broker.publish("1", 1);
        broker.publish("2", 1);
        client.sends(MqttPackets.pingreq());

        assertThat(client.lines()).isEmpty();
        broker.clock.advance(Duration.ofSeconds(5));

        assertThat(client.lines())
                .containsExactly("PUBLISH a qos=1 id=1 payload=1B", "PUBLISH a qos=1 id=2 payload=1B", "PINGRESP");
    }

    @Test
    void delayAlone_isOvertaken() {
        broker.faults().on(MqttPacketType.PUBACK).toClient().nth(1).delayAlone(Duration.ofSeconds(5));
        SwitchboardFixture.Socket client = broker.connect("c");
        client.lines();
        client.publishes(1, 1).publishes(1, 2);

        assertThat(client.lines()).containsExactly("PUBACK id=2 reason=0x10");
        broker.clock.advance(Duration.ofSeconds(5));

        assertThat(client.lines()).containsExactly("PUBACK id=1 reason=0x10");
    }

    @Test
    void delay_thenTakenOver_closesWhenAllIsOut() {
        broker.faults().on(MqttPacketType.PINGRESP).delay(Duration.ofSeconds(5));
        SwitchboardFixture.Socket client = broker.connect("c");
        client.lines();
        client.sends(MqttPackets.pingreq());
        broker.connect("c");

        assertThat(client.lines()).isEmpty();
        broker.clock.advance(Duration.ofSeconds(5));

        assertThat(client.lines()).containsExactly("PINGRESP", "DISCONNECT reason=0x8E", "close");
    }

    @Test
    void throttle_letsSoManyBytesPassEachSecond() {
        broker.faults().on(MqttPacketType.PINGREQ).first(1).throttle(1);
        SwitchboardFixture.Socket client = broker.connect("c");
        client.lines();

        client.sends(MqttPackets.pingreq()).sends(MqttPackets.pingreq()).sends(MqttPackets.pingreq());

        assertThat(client.lines()).hasSize(1);
        broker.clock.advance(Duration.ofSeconds(2));
        assertThat(client.lines()).hasSize(1);
        broker.clock.advance(Duration.ofSeconds(2));
        assertThat(client.lines()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"1, PUBACK", "2, PUBREC"})
    void refuse_publish_isAnsweredAndNotDelivered(int qos, String answer) {
        SwitchboardFixture.Socket watcher = broker.subscriber("w");
        broker.faults().on(MqttPacketType.PUBLISH).fromClient().first(1).refuse(0x97);
        SwitchboardFixture.Socket client = broker.connect("c");
        client.lines();

        client.publishes(qos, 1);
        client.publishes(qos, 1);

        assertThat(client.lines()).containsExactly(answer + " id=1 reason=0x97", answer + " id=1 reason=0x00");
        assertThat(watcher.lines()).hasSize(1);
    }

    @Test
    void refuse_pubrecToClient_freesThePacketId() {
        SwitchboardFixture.Socket watcher = broker.subscriber("w");
        broker.faults().on(MqttPacketType.PUBREC).toClient().first(1).refuse(0x97);
        SwitchboardFixture.Socket client = broker.connect("c");
        client.lines();

        client.publishes(2, 1).publishes(2, 1);

        assertThat(client.lines()).containsExactly("PUBREC id=1 reason=0x97", "PUBREC id=1 reason=0x00");
        assertThat(watcher.lines()).hasSize(2);
    }

    @Test
    void refuse_connect_closes() {
        broker.faults().on(MqttPacketType.CONNECT).client("c").first(1).refuse(0x88);

        assertThat(broker.connect("c").lines()).startsWith("CONNACK sessionPresent=false reason=0x88", "close");
        assertThat(broker.connect("c").lines()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"SUBSCRIBE", "SUBACK"})
    void refuse_subscribeOrSuback_refusesEachFilter(MqttPacketType type) {
        broker.faults().on(type).refuse(0x87);
        SwitchboardFixture.Socket client = broker.connect("c");
        client.sends(MqttPackets.subscribe(new SubscribePacket(
                1,
                List.of(
                        new SubscribePacket.Subscription("a", 1, false, false, 0),
                        new SubscribePacket.Subscription("b", 1, false, false, 0)),
                MqttProperties.NONE)));

        List<LoggedPacket> packets = broker.switchboard.packets();
        assertThat(packets.get(packets.size() - 1).packet().bytes()).endsWith((byte) 0, (byte) 0x87, (byte) 0x87);
    }

    @ParameterizedTest
    @CsvSource({"true, ' dup'", "false, ''"})
    void redeliver_publish_isSentTwice(boolean dup, String mark) {
        broker.faults().after(MqttPacketType.PUBLISH).first(1).redeliver(dup);
        SwitchboardFixture.Socket client = broker.subscriber("c");

        broker.publish("0", 0);
        broker.publish("1", 1);

        assertThat(client.lines())
                .containsExactly(
                        "PUBLISH a qos=0 payload=1B",
                        "PUBLISH a qos=1 id=1 payload=1B",
                        "PUBLISH a qos=1 id=1" + mark + " payload=1B");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void redeliver_pubrel_isSentTwice(boolean dup) {
        broker.faults().after(MqttPacketType.PUBREL).nth(1).redeliver(dup);
        SwitchboardFixture.Socket client = broker.subscriber("c");
        Publication first = broker.publish("1", 2);
        Publication second = broker.publish("2", 2);
        client.lines();

        client.acks(MqttPacketType.PUBREC, 1).acks(MqttPacketType.PUBREC, 2);
        assertThat(client.lines())
                .containsExactly("PUBREL id=1 reason=0x00", "PUBREL id=1 reason=0x00", "PUBREL id=2 reason=0x00");
        // A client answers both; the second answer is about nothing any more.
        client.acks(MqttPacketType.PUBCOMP, 1).acks(MqttPacketType.PUBCOMP, 1).acks(MqttPacketType.PUBCOMP, 2);

        assertThat(first.isAcknowledged()).isTrue();
        assertThat(second.isAcknowledged()).isTrue();
        assertThat(client.lines()).isEmpty();
    }

    @Test
    void seed_ofFaultsByChance_isPrintedOnceUnlessTheTestHasSetIt() {
        PrintStream before = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            broker.faults().on(MqttPacketType.PUBLISH).nth(1).dropPacket();
            assertThat(bytes.toString(StandardCharsets.UTF_8)).isEmpty();
            assertThat(broker.faults().summary()).isEmpty();
            broker.faults().on(MqttPacketType.PUBLISH).withProbability(0.5).dropPacket();
            broker.faults().on(MqttPacketType.PUBACK).withProbability(0.5).dropPacket();
            new SwitchboardFixture()
                    .faults()
                    .seed(42)
                    .on(MqttPacketType.PUBLISH)
                    .withProbability(0.5)
                    .dropPacket();
        } finally {
            System.setOut(before);
        }

        String replay = "faults().seed(" + broker.faults().seed() + "L)";
        assertThat(bytes.toString(StandardCharsets.UTF_8).strip())
                .isEqualTo("FakeMqttBroker: faults by chance use " + replay);
        assertThat(broker.faults().summary()).contains(replay);
    }

    @Test
    void reusePacketId_takesThatOfTheOldestOnItsWay() {
        broker.faults().on(MqttPacketType.PUBLISH).nth(2).reusePacketId();
        SwitchboardFixture.Socket client = broker.subscriber("c");

        broker.publish("1", 1);
        broker.publish("2", 1);
        broker.publish("3", 1);

        assertThat(client.lines())
                .containsExactly(
                        "PUBLISH a qos=1 id=1 payload=1B",
                        "PUBLISH a qos=1 id=1 payload=1B",
                        "PUBLISH a qos=1 id=3 payload=1B");
    }

    @Test
    void reusePacketIds_givesOutTheLowestFreeOne() {
        broker.faults().reusePacketIds();
        SwitchboardFixture.Socket client = broker.subscriber("c");
        broker.publish("1", 1);
        client.acks(MqttPacketType.PUBACK, 1);

        broker.publish("2", 1);

        assertThat(client.lines())
                .containsExactly("PUBLISH a qos=1 id=1 payload=1B", "PUBLISH a qos=1 id=1 payload=1B");
    }

    @Test
    void loseSession_clientComesBack_findsNone() {
        broker.faults().on(MqttPacketType.PUBACK).nth(1).loseSession();
        SwitchboardFixture.Socket client = broker.subscriber("c");
        broker.publish("1", 1);

        client.acks(MqttPacketType.PUBACK, 1);

        assertThat(client.lines()).contains("reset").doesNotContain("close");
        assertThat(broker.connect("c").lines()).containsExactly("CONNACK sessionPresent=false reason=0x00");
    }

    @Test
    void stopAnswering_leavesTheConnectionOpenAndSilent() {
        broker.faults().on(MqttPacketType.PINGREQ).nth(2).stopAnswering();
        SwitchboardFixture.Socket client = broker.subscriber("c");
        client.sends(MqttPackets.pingreq()).sends(MqttPackets.pingreq()).sends(MqttPackets.pingreq());
        broker.publish("1", 1);
        broker.clock.advance(Duration.ofHours(1));

        assertThat(client.lines()).containsExactly("PINGRESP");
    }

    @Test
    void halfClose_goesOnWithWhatItReads() {
        SwitchboardFixture.Socket watcher = broker.subscriber("w");
        broker.faults().on(MqttPacketType.PINGREQ).halfClose();
        SwitchboardFixture.Socket client = broker.connect("c");
        client.lines();

        client.sends(MqttPackets.pingreq()).publishes(1, 1);

        assertThat(client.lines()).containsExactly("half-close");
        assertThat(watcher.lines()).hasSize(1);
    }

    @Test
    void takeOver_tellsTheClientAndKeepsTheSession() {
        broker.faults().after(MqttPacketType.PINGRESP).nth(1).takeOver();
        SwitchboardFixture.Socket client = broker.subscriber("c");

        client.sends(MqttPackets.pingreq());

        assertThat(client.lines()).containsExactly("PINGRESP", "DISCONNECT reason=0x8E", "close");
        assertThat(broker.connect("c").lines()).containsExactly("CONNACK sessionPresent=true reason=0x00");
    }

    @Test
    void disconnect_sendsTheReason() {
        broker.faults().on(MqttPacketType.PINGREQ).disconnect(0x97);
        SwitchboardFixture.Socket client = broker.subscriber("c");

        client.sends(MqttPackets.pingreq());

        assertThat(client.lines()).containsExactly("DISCONNECT reason=0x97", "close");
    }

    @Test
    void conditions_countOnlyWhatTheyLetThrough() {
        List<String> seen = new ArrayList<>();
        broker.faults()
                .on(MqttPacketType.PUBLISH)
                .toClient()
                .client("c")
                .topic("a")
                .where(packet -> packet.publish().qos() == 1)
                .every(2)
                .call(packet -> seen.add(packet.publish().payloadText()));
        broker.subscriber("c");
        broker.subscriber("other");

        broker.publish("1", 1);
        broker.publish("2", 2);
        broker.publish("3", 1);
        broker.publish("4", 1);
        broker.publish("5", 1);

        assertThat(seen).containsExactly("3", "5");
    }

    @Test
    void clear_endsAllFaults() {
        broker.faults().on(MqttPacketType.PUBLISH).dropPacket().clear();
        SwitchboardFixture.Socket client = broker.subscriber("c");

        broker.publish("1", 1);

        assertThat(client.lines()).hasSize(1);
    }

    @Test
    void withProbability_sameSeed_dropsTheSame() {
        List<String> first = dropped(42);

        assertThat(dropped(42)).isEqualTo(first).hasSizeBetween(10, 90);
        assertThat(dropped(43)).isNotEqualTo(first);
    }

    @Test
    void rules_thatMakeNoSense_areRefused() {
        FaultScript faults = broker.faults();

        assertThatThrownBy(() -> faults.after(MqttPacketType.PUBLISH).dropPacket())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("use on(PUBLISH)");
        assertThatThrownBy(() -> faults.on(MqttPacketType.PINGREQ).refuse(0x80))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> faults.on(MqttPacketType.PUBACK).redeliver())
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> faults.on(MqttPacketType.PUBACK).nth(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> faults.on(MqttPacketType.PUBACK).withProbability(1.5))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static List<String> dropped(long seed) {
        SwitchboardFixture broker = new SwitchboardFixture();
        broker.faults()
                .seed(seed)
                .on(MqttPacketType.PUBLISH)
                .withProbability(0.5)
                .dropPacket();
        broker.subscriber("c");
        for (int i = 0; i < 100; i++) {
            broker.publish("x", 1);
        }
        return broker.faults().happened();
    }
}
