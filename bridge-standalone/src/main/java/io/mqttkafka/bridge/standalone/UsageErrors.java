package io.mqttkafka.bridge.standalone;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.MaxValuesExceededException;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says in one line what is wrong with a command line, without repeating what could be a password. */
final class UsageErrors {
    private UsageErrors() {}

    static String describe(ParameterException e, String[] args) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            return describe(unmatched);
        }
        if (e instanceof MaxValuesExceededException) {
            return describeRepeated(e.getCommandLine().getCommandSpec(), args);
        }
        String message = String.valueOf(e.getMessage());
        if (e instanceof MissingParameterException && message.contains("argument(s)")) {
            if (message.contains("--from-kafka") || message.contains("--to-mqtt")) {
                return "--from-kafka, --to-mqtt: each route needs both, and its other options at most once;"
                        + " use for example --from-kafka commands --to-mqtt 'devices/{key}/cmd'";
            }
            return "--from-mqtt, --to-kafka: each route needs both, and its other options at most once;"
                    + " use for example --from-mqtt 'sensors/{site}/temp' --to-kafka 'telemetry.{site}'";
        }
        return message.replaceAll("'(--?[\\w-]+)=[^']*'", "'$1'");
    }

    private static String describe(UnmatchedArgumentException e) {
        String first = e.getUnmatched().get(0);
        if (!first.startsWith("-")) {
            return "an argument belongs to no option; put values that hold blanks in quotes";
        }
        List<String> suggestions = e.getSuggestions();
        return "'" + (first.startsWith("--") ? name(first) : first.substring(0, Math.min(2, first.length())))
                + "' is not an option" + (suggestions.isEmpty() ? "" : ", but " + suggestions.get(0) + " is");
    }

    private static String describeRepeated(CommandSpec spec, String[] args) {
        Set<String> seen = new HashSet<>();
        for (String arg : args) {
            OptionSpec option = spec.findOption(name(arg));
            boolean once = option != null
                    && !option.isMultiValue()
                    && (option.group() == null || option.group().multiplicity().max() == 1);
            if (once && !seen.add(name(arg))) {
                return name(arg) + ": is given twice; choose one";
            }
        }
        return "an option is given twice";
    }

    private static String name(String arg) {
        return arg.replaceFirst("(?s)=.*", "");
    }
}
