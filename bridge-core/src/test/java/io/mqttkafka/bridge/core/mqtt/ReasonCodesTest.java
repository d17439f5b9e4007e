package io.mqttkafka.bridge.core.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.core.mqtt.ReasonCodes.Meaning;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReasonCodesTest {
    private static Set<Integer> codes(IntFunction<Meaning> packet, Meaning meaning) {
        return IntStream.rangeClosed(0, 255)
                .filter(code -> packet.apply(code) == meaning)
                .collect(TreeSet::new, Set::add, Set::addAll);
    }

    /** All that MQTT 5 allows in PUBACK and PUBREC. */
    @Test
    void ofAcknowledgement_each_isClassified() {
        assertThat(codes(ReasonCodes::ofAcknowledgement, Meaning.PATIENCE)).containsExactly(0x97);
        assertThat(codes(ReasonCodes::ofAcknowledgement, Meaning.MESSAGE)).containsExactly(0x90, 0x99);
        assertThat(codes(ReasonCodes::ofAcknowledgement, Meaning.MESSAGE_NOW)).contains(0x80, 0x83, 0x87, 0x91, 0xFF);
        assertThat(ReasonCodes.ofAcknowledgement(0x00)).isEqualTo(Meaning.DONE);
        assertThat(ReasonCodes.ofAcknowledgement(0x10)).isEqualTo(Meaning.DONE);
        assertThat(ReasonCodes.ofAcknowledgement(0x42))
                .as("unknown and no error")
                .isEqualTo(Meaning.DONE);
        assertThat(codes(ReasonCodes::ofAcknowledgement, Meaning.CONNECTION)).isEmpty();
        assertThat(codes(ReasonCodes::ofAcknowledgement, Meaning.ROUTE)).isEmpty();
    }

    @Test
    void ofDisconnect_each_isClassified() {
        assertThat(codes(ReasonCodes::ofDisconnect, Meaning.PATIENCE)).containsExactly(0x89, 0x93, 0x96, 0x97, 0x9F);
        assertThat(codes(ReasonCodes::ofDisconnect, Meaning.MESSAGE))
                .containsExactly(0x81, 0x82, 0x90, 0x94, 0x95, 0x99, 0x9A, 0x9B);
        assertThat(codes(ReasonCodes::ofDisconnect, Meaning.ROUTE))
                .containsExactly(0x86, 0x87, 0x8A, 0x8C, 0x8E, 0x9C, 0x9D);
        assertThat(codes(ReasonCodes::ofDisconnect, Meaning.CONNECTION)).contains(0x00, 0x80, 0x8B, 0x8D, 0x98, 0xA0);
        assertThat(codes(ReasonCodes::ofDisconnect, Meaning.DONE)).isEmpty();
        assertThat(ReasonCodes.ofDisconnect(-1)).as("no code").isEqualTo(Meaning.CONNECTION);
    }

    @Test
    void ofConnack_each_isClassified() {
        assertThat(codes(ReasonCodes::ofConnack, Meaning.DONE)).containsExactly(0x00);
        assertThat(codes(ReasonCodes::ofConnack, Meaning.PATIENCE)).containsExactly(0x88, 0x89, 0x97, 0x9F);
        assertThat(codes(ReasonCodes::ofConnack, Meaning.ROUTE)).hasSize(251);
    }

    @Test
    void text_hasNameAndNumber() {
        assertThat(ReasonCodes.text(0x97)).isEqualTo("quota exceeded (0x97)");
        assertThat(ReasonCodes.text(0x7F)).isEqualTo("unknown reason (0x7f)");
    }
}
