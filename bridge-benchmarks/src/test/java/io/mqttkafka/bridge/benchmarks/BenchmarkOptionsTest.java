package io.mqttkafka.bridge.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class BenchmarkOptionsTest {
    @Test
    void parse_nothing_isTheJudgedBacklogForEveryPeer() {
        BenchmarkOptions options = BenchmarkOptions.parse();

        assertThat(options.workloads()).containsExactly(new Workload(1, 100, 1_000_000, 100));
        assertThat(options.workloads()).allMatch(Workload::isJudged);
        assertThat(options.peers()).containsExactly(Peer.FLOOR, Peer.OURS, Peer.PAHO);
        assertThat(options.enforcesBars()).isFalse();
    }

    @Test
    void direction_isToKafkaUnlessSaid() {
        assertThat(BenchmarkOptions.parse().direction()).isEqualTo(Direction.TO_KAFKA);
        assertThat(BenchmarkOptions.parse("--direction", "to-mqtt").direction()).isEqualTo(Direction.TO_MQTT);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchmarkOptions.parse("--direction", "up").direction())
                .withMessageContaining("--direction");
    }

    @Test
    void parse_all_isEveryQosAndPayloadWithinMemory() {
        assertThat(BenchmarkOptions.parse("--all").workloads())
                .hasSize(9)
                .contains(new Workload(0, 1_000, 1_000_000, 100), new Workload(2, 10_000, 100_000, 100));
    }

    @Test
    void parse_values_replaceDefaults() {
        BenchmarkOptions options =
                BenchmarkOptions.parse("--messages", "1050", "--qos", "0,2", "--peers", "ours,floor", "--enforce");

        assertThat(options.workloads())
                .containsExactly(new Workload(0, 100, 1_000, 100), new Workload(2, 100, 1_000, 100));
        assertThat(options.peers()).containsExactly(Peer.OURS, Peer.FLOOR);
        assertThat(options.enforcesBars()).isTrue();
    }

    @Test
    void parse_unknownOptionOrMissingValue_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchmarkOptions.parse("--message", "1"))
                .withMessageContaining("--message");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchmarkOptions.parse("--rounds"))
                .withMessageContaining("--rounds");
    }
}
