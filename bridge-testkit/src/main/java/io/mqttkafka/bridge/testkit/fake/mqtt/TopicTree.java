package io.mqttkafka.bridge.testkit.fake.mqtt;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Values under topic filters, found by the topics the filters match: one value for each filter and key. Not thread-safe.
 *
 * @param <K> what tells the values of one filter apart
 * @param <V> what is kept
 */
final class TopicTree<K, V> {

    private final Node<K, V> root = new Node<>();

    private static final class Node<K, V> {
        final Map<String, Node<K, V>> children = new LinkedHashMap<>();
        final Map<K, V> values = new LinkedHashMap<>();

        boolean isEmpty() {
            return children.isEmpty() && values.isEmpty();
        }
    }

    /** Adds or replaces a value; returns the one that was there. */
    @Nullable
    V put(String filter, K key, V value) {
        Node<K, V> node = root;
        for (String level : TopicFilters.levels(filter)) {
            node = node.children.computeIfAbsent(level, name -> new Node<>());
        }
        return node.values.put(key, value);
    }

    /** Returns the value of this filter and key. */
    @Nullable
    V get(String filter, K key) {
        Node<K, V> node = root;
        for (String level : TopicFilters.levels(filter)) {
            node = node.children.get(level);
            if (node == null) {
                return null;
            }
        }
        return node.values.get(key);
    }

    /** Removes a value; returns whether it was there. */
    boolean remove(String filter, K key) {
        return remove(root, TopicFilters.levels(filter), 0, key);
    }

    /** Hands over the values of all filters that match the topic. */
    void match(String topic, Consumer<? super V> matched) {
        match(root, TopicFilters.levels(topic), 0, !topic.startsWith("$"), matched);
    }

    boolean isEmpty() {
        return root.isEmpty();
    }

    private static <K, V> boolean remove(Node<K, V> node, String[] levels, int depth, K key) {
        if (depth == levels.length) {
            return node.values.remove(key) != null;
        }
        Node<K, V> child = node.children.get(levels[depth]);
        if (child == null) {
            return false;
        }
        boolean removed = remove(child, levels, depth + 1, key);
        if (child.isEmpty()) {
            node.children.remove(levels[depth]);
        }
        return removed;
    }

    private static <K, V> void match(
            Node<K, V> node, String[] levels, int depth, boolean wildcards, Consumer<? super V> matched) {
        if (wildcards) {
            matchAll(node.children.get(TopicFilters.ANY_LEVELS), matched);
        }
        if (depth == levels.length) {
            matchAll(node, matched);
            return;
        }
        descend(node.children.get(levels[depth]), levels, depth, matched);
        if (wildcards) {
            descend(node.children.get(TopicFilters.ANY_LEVEL), levels, depth, matched);
        }
    }

    private static <K, V> void descend(
            @Nullable Node<K, V> child, String[] levels, int depth, Consumer<? super V> matched) {
        if (child != null) {
            match(child, levels, depth + 1, true, matched);
        }
    }

    private static <K, V> void matchAll(@Nullable Node<K, V> node, Consumer<? super V> matched) {
        if (node != null) {
            node.values.values().forEach(matched);
        }
    }
}
