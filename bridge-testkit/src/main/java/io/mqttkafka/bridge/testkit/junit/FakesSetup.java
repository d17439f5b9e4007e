package io.mqttkafka.bridge.testkit.junit;

import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.lang.annotation.Annotation;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;

/**
 * How the fakes of one test are made: by the methods marked {@link BridgeFakes}, and by a clock if anything asks for one.
 *
 * <p>Not thread-safe.
 */
final class FakesSetup {

    private final List<Method> methods;
    private final @Nullable ManualClock clock;
    private FakeMqttBroker.@Nullable Builder mqtt;
    private FakeKafka.@Nullable Builder kafka;
    private boolean called;

    private FakesSetup(List<Method> methods, @Nullable ManualClock clock) {
        this.methods = methods;
        this.clock = clock;
    }

    /** Looks at a test and its classes; the clock must be there before the first fake, whoever asks for that. */
    static FakesSetup of(Class<?> testClass, Method test) {
        List<Method> methods = new ArrayList<>();
        boolean clock = takesClock(test);
        for (Class<?> one : outermostFirst(testClass)) {
            List<Method> own = annotated(one, BridgeFakes.class);
            own.forEach(FakesSetup::requireStatic);
            methods.addAll(own);
            clock = clock
                    || Stream.of(one.getDeclaredConstructors()).anyMatch(FakesSetup::takesClock)
                    || Stream.of(own, annotated(one, BeforeEach.class), annotated(one, AfterEach.class))
                            .flatMap(List::stream)
                            .anyMatch(FakesSetup::takesClock);
        }
        return new FakesSetup(methods, clock ? new ManualClock() : null);
    }

    private static Deque<Class<?>> outermostFirst(Class<?> testClass) {
        Deque<Class<?>> classes = new ArrayDeque<>();
        for (@Nullable Class<?> one = testClass; one != null; one = one.getEnclosingClass()) {
            classes.addFirst(one);
        }
        return classes;
    }

    private static List<Method> annotated(Class<?> type, Class<? extends Annotation> annotation) {
        return AnnotationSupport.findAnnotatedMethods(type, annotation, HierarchyTraversalMode.TOP_DOWN);
    }

    private static boolean takesClock(Executable executable) {
        return Arrays.asList(executable.getParameterTypes()).contains(ManualClock.class);
    }

    private static void requireStatic(Method method) {
        if (!Modifier.isStatic(method.getModifiers())) {
            throw new ExtensionConfigurationException(
                    "@BridgeFakes: %s is not static; the fakes start before there is an instance".formatted(method));
        }
    }

    /** Returns the clock of the test; null if nothing asks for one. */
    @Nullable
    ManualClock clock() {
        return clock;
    }

    FakeMqttBroker startMqtt() {
        call();
        return mqttBuilder().start();
    }

    FakeKafka startKafka() {
        call();
        return kafkaBuilder().start();
    }

    private void call() {
        if (!called) {
            called = true;
            for (Method method : methods) {
                ReflectionSupport.invokeMethod(
                        method,
                        null,
                        Arrays.stream(method.getParameterTypes())
                                .map(type -> argument(method, type))
                                .toArray());
            }
        }
    }

    private Object argument(Method method, Class<?> type) {
        if (type == FakeMqttBroker.Builder.class) {
            return mqttBuilder();
        }
        if (type == FakeKafka.Builder.class) {
            return kafkaBuilder();
        }
        if (type == ManualClock.class && clock != null) {
            return clock;
        }
        throw new ExtensionConfigurationException(
                "@BridgeFakes: %s takes a %s; it may take a FakeMqttBroker.Builder, a FakeKafka.Builder and a ManualClock"
                        .formatted(method, type.getSimpleName()));
    }

    private FakeMqttBroker.Builder mqttBuilder() {
        FakeMqttBroker.Builder builder = mqtt;
        if (builder == null) {
            builder = FakeMqttBroker.builder();
            if (clock != null) {
                builder.clock(clock);
            }
            mqtt = builder;
        }
        return builder;
    }

    private FakeKafka.Builder kafkaBuilder() {
        FakeKafka.Builder builder = kafka;
        if (builder == null) {
            builder = FakeKafka.builder();
            if (clock != null) {
                builder.clock(clock);
            }
            kafka = builder;
        }
        return builder;
    }
}
