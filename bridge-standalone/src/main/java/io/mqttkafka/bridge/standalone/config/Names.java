package io.mqttkafka.bridge.standalone.config;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says what the bridge says of its options, in the words of the file. */
final class Names {
    private static final Map<String, String> OPTIONS = new LinkedHashMap<>();

    static {
        for (Section<?> section : List.of(
                Sections.MQTT,
                Sections.TLS,
                Sections.KAFKA,
                Sections.TRANSACTIONS,
                Sections.LOOPS,
                Sections.STATUS,
                Sections.ON_FAILURE,
                Sections.FROM_MQTT,
                Sections.FROM_KAFKA,
                BridgeFile.ROOT)) {
            for (Setting<?, ?> setting : section.settings()) {
                OPTIONS.putIfAbsent(setting.api(), setting.name());
            }
        }
        // Two options of the file are one call of the API, or the other way round.
        OPTIONS.put("retry", "retry");
        OPTIONS.put("trustStore", "trust-store");
        OPTIONS.put("keyStore", "key-store");
        OPTIONS.put("credentials", "username or password");
        OPTIONS.put("client", "properties");
        OPTIONS.put("fromKafka", "from-kafka");
        OPTIONS.put("partitioner", "partition");
        OPTIONS.put("filter", "from-mqtt");
    }

    // Names that are ordinary words too count only behind a dot, or before a colon or a parenthesis.
    private static final Pattern OPTION =
            Pattern.compile("(?<![\\w/'.{])((?:\\.?(?:mqtt|tls|kafka|loops|status|onFailure|transactions)\\.)*)\\.?("
                    + OPTIONS.keySet().stream()
                            .sorted((a, b) -> b.length() - a.length())
                            .map(Pattern::quote)
                            .collect(Collectors.joining("|"))
                    + ")(\\((?:[^()]|\\([^()]*\\))*\\))?(?![\\w-])(:?)");
    private static final Pattern TIME = Pattern.compile("\\bPT[0-9][0-9.HMS]*\\b");

    private Names() {}

    static String translate(String message) {
        String named = OPTION.matcher(message).replaceAll(match -> {
            boolean plain = match.group(2).equals(match.group(2).toLowerCase(Locale.ROOT));
            String prefix = match.group(1);
            if (plain
                    && prefix.isEmpty()
                    && match.group(3) == null
                    && match.group(4).isEmpty()) {
                return Matcher.quoteReplacement(match.group());
            }
            String name = OPTIONS.getOrDefault(match.group(2), match.group(2));
            return Matcher.quoteReplacement(prefix.replaceFirst("^\\.", "").replace("onFailure", "on-failure")
                    + name
                    + argument(match.group(3))
                    + match.group(4));
        });
        return TIME.matcher(named).replaceAll(match -> shown(match.group()));
    }

    private static String argument(@Nullable String call) {
        if (call == null || call.length() <= 2 || call.equals("(..)") || call.contains("->")) {
            return "";
        }
        return ": " + call.substring(1, call.length() - 1).toLowerCase(Locale.ROOT);
    }

    private static String shown(String iso) {
        Duration time = Duration.parse(iso);
        if (time.isZero()) {
            return "0s";
        }
        return time.toSeconds() == 0 && time.toMillis() > 0
                ? time.toMillis() + "ms"
                : iso.substring(2).toLowerCase(Locale.ROOT);
    }
}
