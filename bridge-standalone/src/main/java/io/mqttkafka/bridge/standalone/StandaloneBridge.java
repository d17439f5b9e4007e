package io.mqttkafka.bridge.standalone;

import java.nio.file.Path;
import java.util.function.Function;
import java.util.logging.LogManager;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** A bridge between MQTT and Kafka as a program of its own. {@code --help} says what it takes. */
@Command(
        name = "mqtt-kafka-bridge",
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class,
        sortOptions = false,
        usageHelpWidth = 110,
        abbreviateSynopsis = true,
        description = {
            "Takes messages from MQTT 5 to Kafka, and from Kafka to MQTT 5. A message of QoS 1 or 2 is acknowledged only after"
                    + " Kafka has confirmed it; the offset of a record is committed only after the MQTT broker has taken it over.",
            "SIGTERM and Ctrl-C let messages in flight finish and leave the MQTT session in place, so that the broker queues"
                    + " until the next start. The same signal again ends the process at once."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  mqtt-kafka-bridge run bridge.yaml",
            "  mqtt-kafka-bridge --mqtt tcp://broker:1883 --client-id edge-1 --kafka kafka:9092 \\",
            "      --from-mqtt 'sensors/{site}/{device}/temp' --to-kafka 'telemetry.{site}' --key '{device}' \\",
            "      --from-mqtt 'alarms/#' --to-kafka alarms --qos 2 --dead-letter alarms.dead \\",
            "      --from-kafka commands --to-mqtt 'devices/{key}/cmd' --group edge-commands",
            "",
            "TIME is for example 30s, 5m, 1h30m, 7d, or 30, which is seconds."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:Stopped on request; every message taken was confirmed on the other side and acknowledged.",
            "1:An error in the program itself.",
            "2:Wrong usage, or a mistake in the file; nothing was started, and no broker was asked.",
            "3:Could not start: a broker was not reached or refused, or the port is taken.",
            "4:A route stopped because of a failure; its message was not acknowledged and is delivered again. Also: a start"
                    + " in the background was refused.",
            "5:Stopped on request with messages still in flight; they are delivered again. Also: the same signal a second"
                    + " time.",
            "6:A case of the command test failed."
        })
public final class StandaloneBridge extends BridgeCommand {
    StandaloneBridge(Function<String, @Nullable String> environment) {
        super(new Program(environment));
    }

    /**
     * Runs a bridge until it is stopped, or one of the other commands.
     *
     * @param args the options
     */
    public static void main(String[] args) {
        // The MQTT client logs there; what matters of it the bridge says itself.
        LogManager.getLogManager().reset();
        StandaloneBridge program = new StandaloneBridge(System::getenv);
        CommandLine commandLine = program.commandLine();
        StopSignals.handle(program::requestStop, ExitCodes.NOT_DRAINED);
        System.exit(commandLine.execute(args));
    }

    /** Returns the parser of the options, which runs a command and turns every failure into one line and an exit code. */
    CommandLine commandLine() {
        return new CommandLine(this)
                .addSubcommand(new RunCommand(program()))
                .addSubcommand(new CheckCommand(program()))
                .addSubcommand(new DryRunCommand(program()))
                .addSubcommand(new GuaranteesCommand(program()))
                .addSubcommand(new TestCommand(program()))
                .addSubcommand(new ExportJavaCommand(program()))
                .addSubcommand(new SchemaCommand())
                .setExpandAtFiles(false)
                // A client can be called test or run.
                .setAllowSubcommandsAsOptionParameters(true)
                .setParameterExceptionHandler((e, args) -> {
                    console().complain(UsageErrors.describe(e, args) + "; see --help");
                    return ExitCodes.USAGE;
                })
                .setExecutionExceptionHandler((e, commandLine, parsed) -> {
                    // Without its message, which nobody has looked at for secrets.
                    console()
                            .complain("this should not happen, please report it: "
                                    + e.getClass().getName() + " at " + e.getStackTrace()[0]);
                    return ExitCodes.BROKEN;
                });
    }

    /** Asks the bridge to stop; the command returns when it has. */
    void requestStop() {
        console().say("stopping: waits for messages in flight; the same signal again ends the process at once");
        program().requestStop();
    }

    @Override
    @Nullable
    Path file() {
        return null;
    }

    @Override
    int execute(Definition definition) throws InterruptedException {
        return new BridgeRun(definition, program(), console()).run();
    }
}
