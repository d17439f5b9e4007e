package io.mqttkafka.bridge.testkit.fake.mqtt;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import org.junit.jupiter.api.Test;

/** Netty is an optional dependency: whoever forgets it is told so. */
class FakeMqttBrokerWithoutNettyTest {

    @Test
    void start_nettyMissing_saysWhatToAdd() throws Exception {
        URL testkit = FakeMqttBroker.class.getProtectionDomain().getCodeSource().getLocation();
        try (URLClassLoader alone = new URLClassLoader(new URL[] {testkit}, ClassLoader.getPlatformClassLoader())) {
            Method start = alone.loadClass(FakeMqttBroker.class.getName()).getMethod("start");

            assertThatThrownBy(() -> start.invoke(null))
                    .cause()
                    .isExactlyInstanceOf(IllegalStateException.class)
                    .hasMessage("FakeMqttBroker: Netty is missing; add io.netty:netty-codec-mqtt to the class path of"
                            + " the tests");
        }
    }
}
