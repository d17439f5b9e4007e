package io.mqttkafka.bridge.core.routing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the routes that take a topic: a trie over topic levels, so that the cost depends on the depth of the topic and on
 * the wildcards along its path, not on the number of routes. A topic that one filter or none matches costs no allocation.
 *
 * <p>Immutable.
 *
 * @param <R> what is found
 */
public final class RouteTable<R> {
    private final List<R> routes;
    private final boolean overlapping;
    private final Matches<R> none = Matches.none();
    private final Node<R> root = new Node<>("");

    private RouteTable(List<R> routes, List<TopicFilter> filters) {
        this.routes = routes;
        this.overlapping = IntStream.range(1, filters.size())
                .anyMatch(i -> filters.subList(0, i).stream().anyMatch(filters.get(i)::intersects));
        for (int i = 0; i < filters.size(); i++) {
            add(filters.get(i), i);
        }
    }

    /**
     * Builds the table.
     *
     * @param <R> what is found
     * @param routes the routes, in the order in which matches are to be given
     * @param filterOf the filter of a route
     * @return the table
     */
    public static <R> RouteTable<R> of(List<R> routes, Function<? super R, TopicFilter> filterOf) {
        List<R> copy = List.copyOf(routes);
        return new RouteTable<>(copy, copy.stream().<TopicFilter>map(filterOf).toList());
    }

    /**
     * Finds the routes whose filters match a topic.
     *
     * @param topic the topic a message was published to
     * @return the routes, each once, in the order given to the table; unmodifiable
     */
    public List<R> match(String topic) {
        if (!TopicFilter.isReserved(topic)) {
            return collect(root, topic, 0).routes();
        }
        int end = TopicFilter.levelEnd(topic, 0);
        Node<R> first = root.literal(topic, 0, end);
        return first == null ? List.of() : collect(first, topic, end + 1).routes();
    }

    /**
     * Says whether some topic matches the filters of two routes. A broker may then deliver a message once for each.
     *
     * @return whether any two filters intersect
     */
    public boolean overlapping() {
        return overlapping;
    }

    private void add(TopicFilter filter, int position) {
        Matches<R> match = new Matches<>(new int[] {position}, List.of(routes.get(position)));
        Node<R> node = root;
        for (String level : filter.levels()) {
            if (level.equals(TopicFilter.ANY_LEVELS)) {
                node.endingInAnyLevels = union(node.endingInAnyLevels, match);
                return;
            }
            node = level.equals(TopicFilter.ANY_LEVEL) ? node.addAnyLevel() : node.addLiteral(level);
        }
        node.endingHere = union(node.endingHere, match);
    }

    /**
     * Collects what matches below a node. It recurses only where a literal and {@code +} both fit, so the stack is bounded by
     * the number of routes, however deep a topic is.
     */
    private Matches<R> collect(Node<R> node, String topic, int start) {
        Matches<R> found = none;
        while (start <= topic.length()) {
            found = union(found, node.endingInAnyLevels);
            int end = TopicFilter.levelEnd(topic, start);
            Node<R> literal = node.literal(topic, start, end);
            Node<R> any = node.anyLevel;
            start = end + 1;
            if (literal == null) {
                if (any == null) {
                    return found;
                }
                node = any;
            } else {
                if (any != null) {
                    found = union(found, collect(any, topic, start));
                }
                node = literal;
            }
        }
        return union(union(found, node.endingInAnyLevels), node.endingHere);
    }

    private Matches<R> union(Matches<R> some, Matches<R> others) {
        if (some.positions.length == 0) {
            return others;
        }
        if (others.positions.length == 0) {
            return some;
        }
        int[] positions = Arrays.copyOf(some.positions, some.positions.length + others.positions.length);
        System.arraycopy(others.positions, 0, positions, some.positions.length, others.positions.length);
        Arrays.sort(positions);
        List<R> inOrder = new ArrayList<>(positions.length);
        for (int position : positions) {
            inOrder.add(routes.get(position));
        }
        return new Matches<>(positions, Collections.unmodifiableList(inOrder));
    }

    /**
     * Routes and their positions in the table, ascending. No two that meet in {@link #union} share a route, because a filter
     * ends at one node.
     */
    private record Matches<R>(int[] positions, List<R> routes) {
        static <R> Matches<R> none() {
            return new Matches<>(new int[0], List.of());
        }
    }

    /**
     * What the filters with a common start do next. The literal levels are a hash table with open addressing rather than a
     * {@link java.util.HashMap}, because that can be asked with a slice of the topic and spares a substring per level.
     */
    private static final class Node<R> {
        private final String level;
        private @Nullable Node<R>[] literals = table(2);
        private int literalCount;
        private @Nullable Node<R> anyLevel;
        private Matches<R> endingHere = Matches.none();
        private Matches<R> endingInAnyLevels = Matches.none();

        Node(String level) {
            this.level = level;
        }

        @Nullable
        Node<R> literal(String topic, int start, int end) {
            return literalCount == 0 ? null : literals[slot(topic, start, end)];
        }

        Node<R> addAnyLevel() {
            if (anyLevel == null) {
                anyLevel = new Node<>(TopicFilter.ANY_LEVEL);
            }
            return anyLevel;
        }

        Node<R> addLiteral(String level) {
            Node<R> present = literal(level, 0, level.length());
            if (present != null) {
                return present;
            }
            literalCount++;
            if (literalCount * 2 > literals.length) {
                grow();
            }
            Node<R> added = new Node<>(level);
            place(added);
            return added;
        }

        private void grow() {
            @Nullable Node<R>[] smaller = literals;
            literals = table(smaller.length * 2);
            for (Node<R> node : smaller) {
                if (node != null) {
                    place(node);
                }
            }
        }

        private void place(Node<R> node) {
            literals[slot(node.level, 0, node.level.length())] = node;
        }

        /** Returns the slot of the level, or the free one where it belongs. Half the slots are free, so there is one. */
        private int slot(String topic, int start, int end) {
            int hash = 0;
            for (int i = start; i < end; i++) {
                hash = 31 * hash + topic.charAt(i);
            }
            int last = literals.length - 1;
            int slot = (hash ^ hash >>> 16) & last;
            Node<R> node = literals[slot];
            while (node != null && !node.isLevel(topic, start, end)) {
                slot = slot + 1 & last;
                node = literals[slot];
            }
            return slot;
        }

        private boolean isLevel(String topic, int start, int end) {
            return level.length() == end - start && topic.startsWith(level, start);
        }

        @SuppressWarnings("unchecked") // Java has no generic arrays
        private static <R> @Nullable Node<R>[] table(int size) {
            return (@Nullable Node<R>[]) new Node<?>[size];
        }
    }
}
