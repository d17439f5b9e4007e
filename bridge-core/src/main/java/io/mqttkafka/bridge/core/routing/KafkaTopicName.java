package io.mqttkafka.bridge.core.routing;

import io.mqttkafka.bridge.core.routing.TopicTemplate.Variable;
import io.mqttkafka.bridge.error.BridgeConfigException;
import org.jspecify.annotations.Nullable;

/**
 * The rules for names of Kafka topics. A name that breaks them is refused, never mended: two MQTT topics that a mended
 * name throws together cannot be told apart again.
 */
public final class KafkaTopicName {
    private static final int MAX_LENGTH = 249;

    private KafkaTopicName() {}

    /**
     * Says what is wrong with a name.
     *
     * @param name any text, trusted or not
     * @return null if Kafka takes the name, else what is wrong, fit for messages
     */
    public static @Nullable String problem(String name) {
        int illegal = indexOfIllegal(name);
        if (illegal >= 0) {
            return "'" + UntrustedText.escape(name) + "' has " + shown(name, illegal)
                    + "; a Kafka topic has only a-z A-Z 0-9 . _ -";
        }
        if (name.isEmpty()) {
            return "'' is empty";
        }
        if (name.length() > MAX_LENGTH) {
            return "'" + UntrustedText.escape(name) + "' has " + name.length()
                    + " characters; a Kafka topic has at most " + MAX_LENGTH;
        }
        if (name.equals(".") || name.equals("..")) {
            return "'" + name + "' cannot be a Kafka topic, as it means a directory";
        }
        return null;
    }

    /**
     * Says whether Kafka and its tools keep a name for themselves.
     *
     * @param name the name
     * @return whether it starts with {@code __}
     */
    public static boolean isInternal(String name) {
        return name.startsWith("__");
    }

    /**
     * Refuses a name that Kafka keeps for itself.
     *
     * @param option the option that gives the name
     * @param topic the name
     * @param allowed whether such names are allowed
     * @param mend what to do about it
     * @throws BridgeConfigException if the name starts with {@code __} and that is not allowed
     */
    public static void requireNotInternal(String option, String topic, boolean allowed, String mend) {
        if (isInternal(topic) && !allowed) {
            throw new BridgeConfigException(
                    option + ": '" + topic + "' starts with '__', which Kafka keeps for itself; " + mend);
        }
    }

    /**
     * Refuses a template that can never make a legal name, so that the mistake shows when the bridge is built and not with
     * the first message.
     *
     * @param template the template of a Kafka topic
     * @param source the filter whose topics it is filled in with
     * @param allowInternal whether names starting with {@code __} are allowed
     * @throws BridgeConfigException if no message can make it a legal, allowed name
     */
    public static void requirePossible(TopicTemplate template, TopicFilter source, boolean allowInternal) {
        String literal = template.literalText();
        int illegal = indexOfIllegal(literal);
        if (illegal >= 0) {
            throw impossible(
                    template,
                    "has " + shown(literal, illegal),
                    "a Kafka topic has only a-z A-Z 0-9 . _ -, so use one of those");
        }
        if (literal.length() > MAX_LENGTH) {
            throw impossible(template, "is too long", "a Kafka topic has at most 249 characters, so shorten it");
        }
        if (template.isConstant() && problem(literal) != null) {
            throw impossible(template, "cannot be a Kafka topic", "name the topic");
        }
        if (isInternal(template.literalPrefix()) && !allowInternal) {
            throw impossible(
                    template,
                    "starts with '__', which Kafka keeps for itself",
                    "choose another name, or call allowInternalTopics()");
        }
        if (template.uses(Variable.TOPIC)) {
            String common = commonText(source.filter());
            int never = indexOfIllegal(common);
            if (never >= 0) {
                throw impossible(
                        template,
                        "uses {topic}, but every topic of '" + UntrustedText.escape(source.toString()) + "' has "
                                + shown(common, never) + ", and no Kafka topic can",
                        "name levels in the filter, as in 'sensors/{site}', and use those, or give a TopicMapper");
            }
        }
    }

    /** Returns the text that every topic of a filter has, whatever its wildcards stand for. */
    private static String commonText(String filter) {
        if (filter.equals("/#")) {
            return "/"; // it would match its parent too, but that is the empty topic and does not exist
        }
        String levels = filter.endsWith("/#") ? filter.substring(0, filter.length() - 2) : filter;
        return levels.replace("+", "").replace("#", "");
    }

    private static int indexOfIllegal(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (!isLegal(name.charAt(i))) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isLegal(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
    }

    private static String shown(String name, int at) {
        return "'" + UntrustedText.escape(Character.toString(name.codePointAt(at))) + "'";
    }

    private static BridgeConfigException impossible(TopicTemplate template, String fault, String mend) {
        return new BridgeConfigException(
                template.option() + ": '" + UntrustedText.escape(template.toString()) + "' " + fault + "; " + mend);
    }
}
