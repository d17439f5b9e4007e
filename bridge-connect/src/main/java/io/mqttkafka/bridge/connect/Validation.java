package io.mqttkafka.bridge.connect;

import io.mqttkafka.bridge.error.BridgeConfigException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;

/** Says everything that is wrong with a configuration at once, without a look at the network. */
final class Validation {
    private Validation() {}

    /**
     * Checks properties.
     *
     * @param definition what they are
     * @param given as they were given
     * @param translate says them in our names
     * @param fit finds what does not fit together, once each is legal
     * @param fallback the property that gets an error that names none
     */
    static Config of(
            ConfigDef definition,
            Map<String, String> given,
            Function<Map<String, String>, Map<String, String>> translate,
            Function<Map<String, String>, List<String>> fit,
            String fallback) {
        Map<String, String> properties;
        Map<String, ConfigValue> values = new LinkedHashMap<>();
        try {
            properties = translate.apply(given);
        } catch (ConfigException e) {
            definition.validate(given).forEach(value -> values.put(value.name(), value));
            add(values, fallback, String.valueOf(e.getMessage()));
            return new Config(List.copyOf(values.values()));
        }
        definition.validate(properties).forEach(value -> values.put(value.name(), value));
        if (values.values().stream().allMatch(value -> value.errorMessages().isEmpty())) {
            try {
                fit.apply(properties).forEach(error -> add(values, fallback, error));
            } catch (BridgeConfigException | IllegalArgumentException | ConfigException e) {
                add(values, fallback, String.valueOf(e.getMessage()));
            }
        }
        return new Config(List.copyOf(values.values()));
    }

    /** An error begins with the property it is about, mostly. */
    private static void add(Map<String, ConfigValue> values, String fallback, String error) {
        String subject = values.keySet().stream()
                .filter(name -> error.startsWith(name + ":") || error.startsWith(name + " "))
                .findFirst()
                .orElse(fallback);
        values.computeIfAbsent(subject, ConfigValue::new).addErrorMessage(error);
    }
}
