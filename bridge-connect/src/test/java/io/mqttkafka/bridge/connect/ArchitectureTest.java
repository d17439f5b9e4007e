package io.mqttkafka.bridge.connect;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the connectors may see. */
class ArchitectureTest {
    private static final String CORE = "io.mqttkafka.bridge.core.";
    private static final String CONNECT = "io.mqttkafka.bridge.connect";

    /** The ports of the engine, what goes through them, and the clients of ours that keep the packet ids of a sink. */
    private static final Set<String> PORTS = Set.of(
            CORE + "DefaultBridge",
            CORE + "KafkaAccess",
            CORE + "OwnKafkaClients",
            CORE + "kafka.KafkaClients",
            CORE + "kafka.KafkaClientsFinder",
            CORE + "kafka.KeptHeaders",
            CORE + "kafka.PartitionBook",
            CORE + "kafka.PendingRecord",
            CORE + "kafka.PreparedRecord",
            CORE + "kafka.RecordFeed",
            CORE + "kafka.RecordHandler",
            CORE + "kafka.RecordSender",
            CORE + "kafka.SendFailure",
            CORE + "kafka.TopicLostException",
            CORE + "kafka.TopicResolution",
            CORE + "kafka.TopicWaits",
            CORE + "kafka.TransactionOutcome",
            CORE + "kafka.Transactions",
            CORE + "session.OutboxState",
            CORE + "session.Partition",
            CORE + "session.Qos2Journal",
            CORE + "session.Qos2State");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(CONNECT);

    @Test
    void theEngine_isSeenByItsPortsOnly() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAPackage("io.mqttkafka.bridge.core..")
                        .and(DescribedPredicate.describe(
                                "are no ports",
                                type -> !PORTS.contains(outermost(type).getName()))))
                .check(CLASSES);
    }

    @Test
    void sourceAndSink_doNotSeeEachOther_andConfigSeesNeither() {
        noClasses()
                .that()
                .resideInAPackage(CONNECT + ".source..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(CONNECT + ".sink..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(CONNECT + ".sink..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(CONNECT + ".source..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(CONNECT + ".config..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(CONNECT + ".source..", CONNECT + ".sink..")
                .check(CLASSES);
    }

    private static JavaClass outermost(JavaClass type) {
        JavaClass outer = type;
        while (outer.getEnclosingClass().isPresent()) {
            outer = outer.getEnclosingClass().get();
        }
        return outer;
    }
}
