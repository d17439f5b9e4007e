package io.mqttkafka.bridge.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WorkloadResultTest {
    private final WorkloadResult result = new WorkloadResult();

    @Test
    void median_severalRounds_ignoresTheOutlier() {
        result.add(Peer.FLOOR, trial(100, 0));
        result.add(Peer.FLOOR, trial(7, 0));
        result.add(Peer.FLOOR, trial(110, 0));

        assertThat(result.median(Peer.FLOOR, TrialResult::messagesPerSecond)).isEqualTo(100);
    }

    @Test
    void total_faultInOneRound_isKept() {
        result.add(Peer.OURS, trial(1, 0));
        result.add(Peer.OURS, trial(1, 3));
        result.add(Peer.OURS, trial(1, 0));

        assertThat(result.total(Peer.OURS, TrialResult::lost)).isEqualTo(3);
        assertThat(result.isFaultless(Peer.OURS)).isFalse();
    }

    @Test
    void isFaultless_peerFailedOnce_isFalse() {
        result.add(Peer.OURS, trial(1, 0));
        assertThat(result.isFaultless(Peer.OURS)).isTrue();

        result.addFailure(Peer.OURS);
        assertThat(result.isFaultless(Peer.OURS)).isFalse();
    }

    @Test
    void bar_ratioOnTheWrongSide_fails() {
        result.add(Peer.FLOOR, trial(100, 0));
        result.add(Peer.OURS, trial(69, 0));
        Bar rate = Bar.ALL.get(0);
        Bar cpu = Bar.ALL.get(1);
        Bar paho = Bar.ALL.get(2);

        assertThat(rate.verdict(result)).isEqualTo("FAIL  rate >= 0.7 x floor: 0.69");
        assertThat(cpu.verdict(result)).isEqualTo("PASS  CPU per message <= 1.5 x floor: 1.45");
        assertThat(paho.appliesTo(result)).isFalse();
    }

    @Test
    void bar_toMqtt_asksForMoreOfTheFloor() {
        result.add(Peer.FLOOR, trial(100, 0));
        result.add(Peer.OURS, trial(84, 0));

        assertThat(Bar.of(Direction.TO_MQTT))
                .filteredOn(bar -> bar.appliesTo(result))
                .extracting(bar -> bar.verdict(result))
                .containsExactly("FAIL  rate >= 0.85 x floor: 0.84", "PASS  CPU per message <= 1.5 x floor: 1.19");
    }

    @Test
    void bar_anotherBuildHasItsTurn_mayCostNothing() {
        result.add(Peer.BEFORE, trial(100, 0));
        result.add(Peer.OURS, trial(96, 0));

        assertThat(Bar.of(Direction.TO_KAFKA))
                .filteredOn(bar -> bar.appliesTo(result))
                .extracting(bar -> bar.verdict(result))
                .containsExactly("FAIL  rate >= 0.97 x before: 0.96", "FAIL  CPU per message <= 1.03 x before: 1.04");
    }

    private static TrialResult trial(double rate, long lost) {
        return new TrialResult(rate, 100 / rate, 100 / rate, 1, lost, 0, 0, 0);
    }
}
