package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IntRingTest {
    @Test
    void poll_empty_isMinusOne() {
        assertThat(new IntRing(5).poll()).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 64, 65535, 65536})
    void add_asManyAsCapacity_comeOutInOrder(int capacity) {
        IntRing ring = new IntRing(capacity);
        for (int i = 0; i < capacity; i++) {
            assertThat(ring.add(i)).isTrue();
        }
        for (int i = 0; i < capacity; i++) {
            assertThat(ring.poll()).isEqualTo(i);
        }
        assertThat(ring.poll()).isEqualTo(-1);
    }

    @Test
    void add_full_isRefusedUntilOneIsPolled() {
        IntRing ring = new IntRing(4);
        for (int i = 0; i < 4; i++) {
            ring.add(i);
        }

        assertThat(ring.add(4)).isFalse();
        assertThat(ring.poll()).isZero();
        assertThat(ring.add(4)).isTrue();
    }

    @Test
    void addAndPoll_manyTimesAround_keepOrder() {
        IntRing ring = new IntRing(3);
        for (int i = 0; i < 1_000; i++) {
            ring.add(2 * i);
            ring.add(2 * i + 1);
            assertThat(ring.poll()).isEqualTo(2 * i);
            assertThat(ring.poll()).isEqualTo(2 * i + 1);
        }
    }
}
