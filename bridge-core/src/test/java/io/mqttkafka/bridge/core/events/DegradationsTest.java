package io.mqttkafka.bridge.core.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.Degradation;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.event.Degraded;
import io.mqttkafka.bridge.event.Recovered;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class DegradationsTest {
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final BridgeEvents events = new BridgeEvents(List.of(new BridgeListener() {
        @Override
        public void onDegraded(Degraded event) {
            told.add("degraded " + event.what() + ": " + event.cause());
        }

        @Override
        public void onRecovered(Recovered event) {
            told.add("recovered " + event.what());
        }
    }));
    private int changes;
    private final Degradations degradations = new Degradations(events, BridgeClock.SYSTEM, () -> changes++);

    private List<String> told() {
        events.close();
        return told;
    }

    @Test
    void reason_thatComesAndGoes_isToldOnceEach() {
        degradations.tell();
        changes = 0;
        degradations.begin("Kafka", "gone");
        degradations.begin("Kafka", "gone");
        degradations.begin("Kafka", "still gone");
        assertThat(degradations.list()).extracting(Degradation::cause).containsExactly("still gone");
        assertThat(degradations.none()).isFalse();
        degradations.end("Kafka");
        degradations.end("Kafka");

        assertThat(degradations.none()).isTrue();
        assertThat(changes).isEqualTo(3);
        assertThat(told()).containsExactly("degraded Kafka: gone", "recovered Kafka");
    }

    @Test
    void cause_broughtUpToDate_keepsTheTime() {
        degradations.begin("Kafka", "gone");
        var since = degradations.list().get(0).since();
        degradations.begin("Kafka", "still gone");
        assertThat(degradations.list()).containsExactly(new Degradation("Kafka", since, "still gone"));
        events.close();
    }

    @Test
    void reasonsBeforeTheStart_areToldWithIt_unlessTheyHaveGone() {
        degradations.begin("MQTT a", "no answer");
        degradations.begin("MQTT b", "no answer");
        degradations.end("MQTT a");
        degradations.tell();

        assertThat(told()).containsExactly("degraded MQTT b: no answer");
    }

    @Test
    void reasonsOfTheClose_areNotTold() {
        degradations.tell();
        degradations.begin("Kafka", "gone");
        degradations.hush();
        degradations.end("Kafka");
        degradations.begin("MQTT a", "closed");

        assertThat(told()).containsExactly("degraded Kafka: gone");
    }
}
