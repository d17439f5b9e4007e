package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.core.mqtt.ReasonCodes;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SendPaceTest {
    private int pauses;
    private final SendPace pace = new SendPace(() -> pauses++);

    @Test
    void limit_atFirst_isWhatIsAllowed() {
        assertThat(pace.limit(4_096)).isEqualTo(4_096);
    }

    /** Those that were on their way with it are refused for the same reason. */
    @Test
    void refused_several_isOnePause_andHalfAsManyAfterIt() {
        pace.refused(10);
        pace.refused(9);
        assertThat(pace.limit(4_096)).isZero();
        assertThat(pauses).isEqualTo(1);

        pace.resume();
        assertThat(pace.limit(4_096)).isEqualTo(5);
        assertThat(pace.refusals()).isEqualTo(2);
    }

    @Test
    void refused_againAndAgain_pausesLonger_upToEightSeconds_andSendsOneAtATime() {
        Duration last = Duration.ZERO;
        for (int i = 0; i < 6; i++) {
            pace.refused(1);
            assertThat(pace.pause()).isGreaterThan(last);
            last = pace.pause();
            pace.resume();
        }
        pace.refused(1);
        assertThat(pace.pause()).isEqualTo(last).isEqualTo(Duration.ofSeconds(8));
        pace.resume();
        assertThat(pace.limit(4_096)).isEqualTo(1);
        assertThat(pace.pausesInVain()).isEqualTo(7);
    }

    @Test
    void accepted_enough_isFullSpeedAgain() {
        pace.refused(4);
        pace.resume();
        pace.accepted();
        assertThat(pace.pausesInVain()).isZero();
        for (int i = 0; i < 1_000_000; i++) {
            pace.accepted();
        }
        assertThat(pace.limit(65_535)).isEqualTo(65_535);
    }

    @Test
    void slowDown_afterTheConnection_halvesWithoutAPause() {
        pace.slowDown(40);
        assertThat(pace.limit(4_096)).isEqualTo(20);
        assertThat(pauses).isZero();
    }

    /** The sessions see no reason codes but this one. */
    @Test
    void quotaExceeded_isTheOneAnswerThatAsksForPatience() {
        assertThat(ReasonCodes.ofAcknowledgement(SendPace.QUOTA_EXCEEDED)).isEqualTo(ReasonCodes.Meaning.PATIENCE);
    }
}
