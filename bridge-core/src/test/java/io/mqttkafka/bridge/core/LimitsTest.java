package io.mqttkafka.bridge.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What follows from Kafka's limits and from the heap. */
class LimitsTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;
    private static final MemoryBudget LARGE = new MemoryBudget(1024L * MIB, 1);
    private static final MemoryBudget SMALL = new MemoryBudget(64L * MIB, 1);

    private static MqttOptions mqtt(UnaryOperator<MqttOptions.Builder> more) {
        return more.apply(MqttOptions.builder().serverUri("tcp://broker")).build();
    }

    private static KafkaOptions kafka(UnaryOperator<KafkaOptions.Builder> more) {
        return more.apply(KafkaOptions.builder().bootstrapServers("kafka:9092")).build();
    }

    private static MqttOptions resolved(MemoryBudget memory, KafkaOptions kafka) {
        return Limits.resolve(mqtt(m -> m), kafka, memory);
    }

    /** What is too large for Kafka alone fails by a policy, which tells; what the MQTT broker drops is lost in silence. */
    @Test
    void packetSize_isBeyondTheLargestRecord() {
        assertThat(resolved(LARGE, kafka(k -> k)).maximumPacketSize()).isEqualTo(MIB + 256 * KIB);
    }

    @Test
    void packetSize_followsKafka() {
        assertThat(resolved(LARGE, kafka(k -> k.producer("max.request.size", "5242880")))
                        .maximumPacketSize())
                .isEqualTo(5 * MIB + 256 * KIB);
        assertThat(resolved(LARGE, kafka(k -> k.producer("max.request.size", "100000")))
                        .maximumPacketSize())
                .isEqualTo(100_000 + 256 * KIB);
    }

    @Test
    void packetSize_isNoMoreThanAnEighthOfTheHeap() {
        assertThat(resolved(SMALL, kafka(k -> k.producer("max.request.size", "52428800")))
                        .maximumPacketSize())
                .isEqualTo(8 * MIB);
    }

    @Test
    void limits_thatAreSet_stay() {
        MqttOptions set = mqtt(m -> m.maximumPacketSize(2000).maxInFlightBytes(3000));

        assertThat(Limits.resolve(set, kafka(k -> k), SMALL)).isEqualTo(set);
    }

    @Test
    void packetSize_fitsAWindowThatIsSet() {
        MqttOptions set = mqtt(m -> m.maxInFlightBytes(5000));

        assertThat(Limits.resolve(set, kafka(k -> k), LARGE).maximumPacketSize())
                .isEqualTo(5000);
    }

    @Test
    void window_followsTheHeap() {
        assertThat(resolved(LARGE, kafka(k -> k)).maxInFlightBytes()).isEqualTo(16L * MIB);
        assertThat(resolved(SMALL, kafka(k -> k)).maxInFlightBytes()).isEqualTo(4L * MIB);
    }

    @Test
    void window_holdsOnePacket() {
        assertThat(resolved(new MemoryBudget(16L * MIB, 1), kafka(k -> k)).maxInFlightBytes())
                .isEqualTo(MIB + 256 * KIB);
    }

    @Test
    void budget_isSharedByTheConnections() {
        MemoryBudget shared = new MemoryBudget(64L * MIB, 8);

        assertThat(shared.windowBytes() * 8).isEqualTo(8L * MIB);
        assertThat(shared.topicCacheBytes() * 8).isEqualTo(2L * MIB);
        assertThat(new MemoryBudget(Long.MAX_VALUE, 1).windowBytes()).isEqualTo(16L * MIB);
    }

    @Test
    void line_namesEachLimitWithItsOption() {
        MqttOptions mqtt = resolved(SMALL, kafka(k -> k));

        assertThat(Limits.ofSource(mqtt, kafka(k -> k)))
                .contains(
                        "packets of up to 1310720 bytes",
                        "mqtt.maximumPacketSize",
                        "max.request.size 1048576",
                        "4096 unacknowledged messages (mqtt.receiveMaximum)",
                        "4194304 bytes (mqtt.maxInFlightBytes)",
                        "64 user properties (mqtt.maxUserProperties)",
                        "16384 bytes (mqtt.maxUserPropertyBytes)");
        assertThat(Limits.ofSink(mqtt)).contains("mqtt.sendMaximum", "mqtt.maxInFlightBytes");
    }
}
