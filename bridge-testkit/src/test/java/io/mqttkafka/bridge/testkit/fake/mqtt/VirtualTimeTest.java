package io.mqttkafka.bridge.testkit.fake.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What happens by itself when time passes, without waiting for it. */
class VirtualTimeTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final CoreFixture broker = new CoreFixture();

    @Test
    void session_expires_afterItsTimeOnly() {
        broker.connect("c").subscribe("a", 1).lose();
        Publication waiting = broker.publish("a", "x", 1);

        broker.advance(HOUR.minus(SECOND));
        assertThat(broker.core.session("c")).isPresent();
        broker.advance(SECOND);

        assertThat(broker.core.session("c")).isEmpty();
        assertThat(waiting.lost()).isEqualTo(1);
    }

    @Test
    void session_connectedAgain_startsAnew() {
        broker.connect("c").lose();
        broker.advance(HOUR.minus(SECOND));
        broker.connect("c").lose();

        broker.advance(HOUR.minus(SECOND));

        assertThat(broker.core.session("c")).isPresent();
    }

    @Test
    void session_withoutEnd_neverExpires() {
        broker.connect("c", false, MqttProperties.NONE.with(MqttProperty.SESSION_EXPIRY_INTERVAL, 0xFFFF_FFFFL))
                .lose();

        broker.advance(Duration.ofDays(100_000));

        assertThat(broker.core.session("c")).isPresent();
    }

    @Test
    void session_expiryChangedByDisconnect_counts() {
        broker.connect("c")
                .says(MqttPackets.disconnect(0, MqttProperties.NONE.with(MqttProperty.SESSION_EXPIRY_INTERVAL, 1)));

        broker.advance(SECOND);

        assertThat(broker.core.session("c")).isEmpty();
    }

    @Test
    void keepAlive_silence_disconnectsAfterOneAndAHalf() {
        CoreFixture.Client client =
                broker.open().connect(CoreFixture.connectPacket("c", true, 10, Optional.empty(), MqttProperties.NONE));
        client.take();

        broker.advance(Duration.ofSeconds(10));
        client.says(MqttPackets.pingreq());
        broker.advance(Duration.ofMillis(14_999));
        assertThat(client.lines()).containsExactly("PINGRESP");
        broker.advance(Duration.ofMillis(1));

        assertThat(client.lines()).containsExactly("DISCONNECT reason=0x8D");
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void keepAlive_zero_isNone() {
        CoreFixture.Client client = broker.connect("c");

        broker.advance(Duration.ofDays(1));

        assertThat(client.isClosed()).isFalse();
    }

    @Test
    void connection_neverSendsConnect_isClosed() {
        CoreFixture.Client client = broker.open();

        broker.advance(Duration.ofSeconds(10));

        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void willDelay_clientStaysAway_isPublishedThen() {
        CoreFixture.Client watcher = broker.connect("w").subscribe("state", 1);
        connectWithWill(30).lose();

        broker.advance(Duration.ofSeconds(29));
        assertThat(watcher.payloads()).isEmpty();
        broker.advance(SECOND);

        assertThat(watcher.payloads()).containsExactly("gone");
    }

    @Test
    void willDelay_clientComesBack_isNeverPublished() {
        CoreFixture.Client watcher = broker.connect("w").subscribe("state", 1);
        connectWithWill(30).lose();
        broker.advance(Duration.ofSeconds(29));
        broker.connect("c");

        broker.advance(HOUR);

        assertThat(watcher.payloads()).isEmpty();
    }

    @Test
    void willDelay_sessionEndsFirst_isPublishedThen() {
        CoreFixture.Client watcher = broker.connect("w").subscribe("state", 1);
        connectWithWill(100_000).lose();

        broker.advance(HOUR);

        assertThat(watcher.payloads()).containsExactly("gone");
    }

    @Test
    void messageExpiry_inTheQueue_isDroppedOrTellsWhatIsLeft() {
        broker.connect("s").subscribe("a", 1).lose();
        CoreFixture.Client publisher = broker.connect("p");
        publisher.publish(
                PublishPacket.to("a").qos(1).packetId(1).payload("short").messageExpiry(10));
        publisher.publish(
                PublishPacket.to("a").qos(1).packetId(2).payload("long").messageExpiry(100));
        broker.advance(Duration.ofSeconds(60));

        CoreFixture.Client subscriber = broker.connect("s");

        assertThat(subscriber.lines())
                .containsExactly(
                        "CONNACK sessionPresent=true reason=0x00",
                        "PUBLISH a qos=1 id=1 payload=4B {MESSAGE_EXPIRY_INTERVAL=40}");
    }

    @Test
    void messageExpiry_retained_isForgotten() {
        broker.connect("p").publish(PublishPacket.to("a").payload("x").retain().messageExpiry(10));
        assertThat(broker.core.retained()).hasSize(1);

        broker.advance(Duration.ofSeconds(10));

        assertThat(broker.core.retained()).isEmpty();
    }

    @Test
    void broker_onItsSocket_livesByTheTestsClock() throws Exception {
        ManualClock clock = new ManualClock();
        try (FakeMqttBroker socket = FakeMqttBroker.builder().clock(clock).start();
                PahoClient client = new PahoClient(socket.serverUri(), "c")) {
            client.connect(PahoClient.options(false, 86_400));
            client.subscribe("a", 1);
            client.client.disconnect(0).waitForCompletion();
            socket.awaitDisconnected("c");

            clock.advance(Duration.ofDays(1).minus(SECOND));
            assertThat(socket.sessions()).containsExactly("c");
            clock.advance(SECOND);

            assertThat(socket.sessions()).isEmpty();
        }
    }

    private CoreFixture.Client connectWithWill(int delay) {
        ConnectPacket.Will will = new ConnectPacket.Will(
                "state",
                "gone".getBytes(UTF_8),
                1,
                false,
                MqttProperties.NONE.with(MqttProperty.WILL_DELAY_INTERVAL, delay));
        return broker.open()
                .connect(CoreFixture.connectPacket(
                        "c",
                        false,
                        0,
                        Optional.of(will),
                        MqttProperties.NONE.with(MqttProperty.SESSION_EXPIRY_INTERVAL, HOUR.toSeconds())));
    }
}
