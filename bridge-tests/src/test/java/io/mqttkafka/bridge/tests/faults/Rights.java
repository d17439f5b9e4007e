package io.mqttkafka.bridge.tests.faults;

import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** Takes rights away from everybody, and gives them back, in a Kafka that allows all the rest. */
final class Rights {
    private final EmbeddedKafka kafka;

    private Rights(EmbeddedKafka kafka) {
        this.kafka = kafka;
    }

    /** Starts a Kafka that looks at rights. */
    static EmbeddedKafka startKafka() {
        return EmbeddedKafka.builder()
                .property("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
                .property("allow.everyone.if.no.acl.found", "true")
                .property("auto.create.topics.enable", "false")
                .start();
    }

    static Rights in(EmbeddedKafka kafka) {
        return new Rights(kafka);
    }

    /** Takes the right away; closing the result gives it back. */
    Denial deny(ResourceType type, String name, AclOperation operation) {
        // Where there is one rule, what no rule allows is denied.
        List<AclBinding> rules = List.of(
                rule(type, name, AclOperation.ALL, AclPermissionType.ALLOW),
                rule(type, name, operation, AclPermissionType.DENY));
        change(admin -> admin.createAcls(rules).all().get());
        return () -> change(admin -> admin.deleteAcls(
                        rules.stream().map(AclBinding::toFilter).toList())
                .all()
                .get());
    }

    private static AclBinding rule(
            ResourceType type, String name, AclOperation operation, AclPermissionType permission) {
        return new AclBinding(
                new ResourcePattern(type, name, PatternType.LITERAL),
                new AccessControlEntry("User:ANONYMOUS", "*", operation, permission));
    }

    /** A right that is gone until this is closed. */
    interface Denial extends AutoCloseable {
        @Override
        void close();
    }

    private interface Change {
        void in(Admin admin) throws ExecutionException, InterruptedException;
    }

    private void change(Change change) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            change.in(admin);
        } catch (ExecutionException e) {
            throw new IllegalStateException("Could not change rights", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while changing rights", e);
        }
    }
}
