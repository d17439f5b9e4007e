package io.mqttkafka.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.spi.BridgeConfig;
import io.mqttkafka.bridge.spi.BridgeProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Enumeration;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Loads the API again, in a class loader that has an engine, and looks at what the engine is given. */
class BridgeProviderTest {
    @Test
    void build_engineThere_isGivenTheConfigurationWithItsDefaults() throws Exception {
        assertThat(inLoaderWithEngine(Defaults.class))
                .isEqualTo(
                        "startTimeout=PT30S, drainTimeout=PT10S, stallThreshold=PT30S, routes=[a/# -> b], listeners=0");
    }

    @Test
    void build_everythingSet_arrives() throws Exception {
        assertThat(inLoaderWithEngine(Everything.class))
                .isEqualTo("startTimeout=PT1S, drainTimeout=PT0S, stallThreshold=PT3S, routes=[a/# -> b, c -> d],"
                        + " listeners=1");
    }

    private static Object inLoaderWithEngine(Class<?> script) throws Exception {
        var constructor =
                Class.forName(script.getName(), true, new WithEngine()).getDeclaredConstructor();
        constructor.setAccessible(true);
        return ((Callable<?>) constructor.newInstance()).call();
    }

    static final class Defaults implements Callable<String> {
        @Override
        public String call() {
            Bridge.builder()
                    .mqtt(m -> m.serverUri("tcp://broker:1883"))
                    .kafka(k -> k.bootstrapServers("kafka:9092"))
                    .route(Route.fromMqtt("a/#").toKafka("b").build())
                    .build();
            return Engine.given;
        }
    }

    static final class Everything implements Callable<String> {
        @Override
        public String call() {
            Bridge.builder()
                    .mqtt(m -> m.serverUri("tcp://broker:1883"))
                    .kafka(k -> k.bootstrapServers("kafka:9092"))
                    .route(Route.fromMqtt("a/#").toKafka("b").build())
                    .route(Route.fromMqtt("c").toKafka("d").build())
                    .listener(new io.mqttkafka.bridge.event.BridgeListener() {})
                    .startTimeout(java.time.Duration.ofSeconds(1))
                    .drainTimeout(java.time.Duration.ZERO)
                    .stallThreshold(java.time.Duration.ofSeconds(3))
                    .build();
            return Engine.given;
        }
    }

    /** Makes no bridge; remembers what it was given. */
    public static final class Engine implements BridgeProvider {
        static String given = "nothing";

        /** For the service loader. */
        public Engine() {}

        @Override
        public Bridge create(BridgeConfig config) {
            given = "startTimeout=" + config.startTimeout() + ", drainTimeout=" + config.drainTimeout()
                    + ", stallThreshold=" + config.stallThreshold() + ", routes="
                    + config.routes().stream().map(Route::name).toList() + ", listeners="
                    + config.listeners().size();
            return null;
        }
    }

    private static final class WithEngine extends ClassLoader {
        private static final String SERVICE = "META-INF/services/" + BridgeProvider.class.getName();

        WithEngine() {
            super(BridgeProviderTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("io.mqttkafka.bridge.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? define(name) : loaded;
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }

        @Override
        public Enumeration<URL> getResources(String name) throws IOException {
            return name.equals(SERVICE)
                    ? Collections.enumeration(
                            Collections.singletonList(new URL(null, "memory:" + name, new InMemory())))
                    : super.getResources(name);
        }
    }

    private static final class InMemory extends URLStreamHandler {
        @Override
        protected URLConnection openConnection(URL url) {
            return new URLConnection(url) {
                @Override
                public void connect() {}

                @Override
                public InputStream getInputStream() {
                    return new ByteArrayInputStream(Engine.class.getName().getBytes(StandardCharsets.UTF_8));
                }
            };
        }
    }
}
