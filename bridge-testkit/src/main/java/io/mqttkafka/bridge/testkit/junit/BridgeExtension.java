package io.mqttkafka.bridge.testkit.junit;

import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;
import org.junit.platform.commons.support.AnnotationSupport;
import org.opentest4j.TestAbortedException;

/**
 * What stands behind {@link BridgeTest}; it can be registered by itself, and then looks at everything.
 *
 * <p>All it knows of a test is kept in JUnit's store for that test.
 */
public final class BridgeExtension
        implements BeforeEachCallback, AfterEachCallback, ParameterResolver, TestInstancePreConstructCallback {

    private static final Namespace NAMESPACE = Namespace.create(BridgeExtension.class);
    private static final Set<Class<?>> TYPES =
            Set.of(FakeMqttBroker.class, FakeKafka.class, BridgeStarter.class, ManualClock.class);

    /** Makes an extension; for JUnit. */
    public BridgeExtension() {}

    @Override
    public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext root) {
        return ExtensionContextScope.TEST_METHOD;
    }

    /** Begins before the constructor, which may take parameters, or begin threads. */
    @Override
    public void preConstructTestInstance(TestInstanceFactoryContext factory, ExtensionContext context) {
        if (context.getTestMethod().isPresent()) {
            scope(context);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        scope(context);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return TYPES.contains(parameter.getParameter().getType());
    }

    /**
     * {@inheritDoc}
     *
     * @throws ParameterResolutionException if the parameter is of something that several tests share
     */
    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        if (context.getTestMethod().isEmpty()) {
            throw new ParameterResolutionException(
                    "%s of %s: each test has its own, and this one is for several; take it in the test or in @BeforeEach"
                            .formatted(type.getSimpleName(), parameter.getDeclaringExecutable()));
        }
        TestScope scope = scope(context);
        if (type == FakeMqttBroker.class) {
            return scope.mqtt();
        }
        if (type == ManualClock.class) {
            return Objects.requireNonNull(scope.clock(), "the clock");
        }
        return type == FakeKafka.class ? scope.kafka() : scope.bridges();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Throwable failure = context.getExecutionException().orElse(null);
        try (TestScope scope = scope(context)) {
            context.getStore(NAMESPACE).remove(context.getUniqueId());
            if (failure == null) {
                Optional<BridgeTest> settings = settings(context);
                List<String> findings = scope.leftBehind(checks(settings), patience(settings));
                if (!findings.isEmpty()) {
                    print(context, scope);
                    throw new AssertionError("The test leaves behind:\n  " + String.join("\n  ", findings)
                            + "\nWhat it means to leave behind belongs into @BridgeTest(without = ..)");
                }
            } else if (!(failure instanceof TestAbortedException)) {
                print(context, scope);
            }
        }
    }

    private static TestScope scope(ExtensionContext context) {
        ExtensionContext.Store store = context.getStore(NAMESPACE);
        TestScope scope = store.get(context.getUniqueId(), TestScope.class);
        if (scope == null) {
            boolean parallel = context.getConfigurationParameter("junit.jupiter.execution.parallel.enabled")
                    .map(Boolean::parseBoolean)
                    .orElse(false);
            FakesSetup setup = FakesSetup.of(context.getRequiredTestClass(), context.getRequiredTestMethod());
            MqttVersion version = settings(context).map(BridgeTest::version).orElse(MqttVersion.V5);
            scope = new TestScope(ThreadWatch.begin(parallel), setup, version);
            // If the constructor fails there is no afterEach: the store closes it then.
            store.put(context.getUniqueId(), scope);
        }
        return scope;
    }

    private static Optional<BridgeTest> settings(ExtensionContext context) {
        Optional<BridgeTest> settings =
                AnnotationSupport.findAnnotation(context.getRequiredTestMethod(), BridgeTest.class);
        @Nullable Class<?> type = context.getRequiredTestClass();
        while (settings.isEmpty() && type != null) {
            settings = AnnotationSupport.findAnnotation(type, BridgeTest.class);
            type = type.getEnclosingClass();
        }
        return settings;
    }

    private static Set<BridgeCheck> checks(Optional<BridgeTest> settings) {
        Set<BridgeCheck> checks = EnumSet.allOf(BridgeCheck.class);
        settings.ifPresent(one -> checks.removeAll(List.of(one.without())));
        return checks;
    }

    private static Duration patience(Optional<BridgeTest> settings) {
        return Duration.ofSeconds(settings.map(BridgeTest::patienceSeconds).orElse(BridgeTest.PATIENCE_SECONDS));
    }

    private static void print(ExtensionContext context, TestScope scope) {
        System.err.println(context.getDisplayName() + " failed. " + scope.report());
    }
}
