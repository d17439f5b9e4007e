package io.mqttkafka.bridge.testkit.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.net.ProxyFaults.Allowance;
import org.junit.jupiter.api.Test;

class ProxyFaultsTest {

    private final ProxyFaults faults = new ProxyFaults();

    @Test
    void allow_slice_limitsEachWrite() {
        faults.slice(3);
        assertThat(faults.allow(Direction.CLIENT_TO_SERVER, 8)).isEqualTo(new Allowance(3, false));
        assertThat(faults.allow(Direction.CLIENT_TO_SERVER, 2)).isEqualTo(new Allowance(2, false));

        faults.slice(0);
        assertThat(faults.allow(Direction.CLIENT_TO_SERVER, 8)).isEqualTo(new Allowance(8, false));
    }

    @Test
    void allow_cutArmed_countsDownInItsDirectionOnceOnly() {
        faults.cutAfter(Direction.CLIENT_TO_SERVER, 5);

        assertThat(faults.allow(Direction.SERVER_TO_CLIENT, 9)).isEqualTo(new Allowance(9, false));
        assertThat(faults.allow(Direction.CLIENT_TO_SERVER, 4)).isEqualTo(new Allowance(4, false));
        assertThat(faults.allow(Direction.CLIENT_TO_SERVER, 4)).isEqualTo(new Allowance(1, true));
        assertThat(faults.allow(Direction.CLIENT_TO_SERVER, 4)).isEqualTo(new Allowance(4, false));
    }
}
