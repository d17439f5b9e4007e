package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.RouteGuarantee;
import java.time.Duration;
import java.util.Locale;
import picocli.CommandLine.Command;

/** Says what each route of a file guarantees, without a network. */
@Command(
        name = "guarantees",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpWidth = 110,
        abbreviateSynopsis = true,
        description = "Says what each route guarantees, and why not more. Without a network.")
final class GuaranteesCommand extends FileCommand {
    GuaranteesCommand(Program program) {
        super(program);
    }

    @Override
    String logLevel() {
        return "error";
    }

    @Override
    int execute(Definition definition) {
        Bridge bridge = definition.builder().build();
        for (RouteGuarantee one : bridge.guarantees()) {
            console()
                    .print(one.route() + ": "
                            + one.guarantee().name().toLowerCase(Locale.ROOT).replace('_', ' ') + ", "
                            + definition.translate(one.reason()));
        }
        bridge.close(Duration.ZERO);
        return ExitCodes.STOPPED;
    }
}
