package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Who subscribes to what. Not thread-safe. */
final class Subscriptions {

    /** One session's subscription. */
    record Entry(Session session, SubscribePacket.Subscription options, OptionalLong id) {}

    private final TopicTree<Session, Entry> plain = new TopicTree<>();
    private final TopicTree<String, ShareGroup> shared = new TopicTree<>();

    /** The members of a shared subscription, who take turns. */
    private static final class ShareGroup {
        private final Map<Session, Entry> members = new LinkedHashMap<>();
        private int turn;

        /** Returns whose turn it is, of the connected if there are any. */
        Entry next() {
            List<Entry> candidates = members.values().stream()
                    .filter(entry -> entry.session().connection() != null)
                    .toList();
            if (candidates.isEmpty()) {
                candidates = List.copyOf(members.values());
            }
            turn = (turn + 1) % candidates.size();
            return candidates.get(turn);
        }
    }

    /** Adds or replaces a subscription; returns whether it is new. */
    boolean add(Entry entry) {
        String filter = entry.options().filter();
        Optional<TopicFilters.Shared> parts = TopicFilters.shared(filter);
        entry.session().subscriptions().put(filter, entry.options());
        if (parts.isEmpty()) {
            return plain.put(filter, entry.session(), entry) == null;
        }
        return group(parts.get()).members.put(entry.session(), entry) == null;
    }

    /** Removes a subscription; returns whether it was there. */
    boolean remove(Session session, String filter) {
        session.subscriptions().remove(filter);
        Optional<TopicFilters.Shared> parts = TopicFilters.shared(filter);
        return parts.isEmpty() ? plain.remove(filter, session) : leave(parts.get(), session);
    }

    /** Removes all of a session's subscriptions. */
    void removeAll(Session session) {
        List.copyOf(session.subscriptions().keySet()).forEach(filter -> remove(session, filter));
    }

    /** Returns all subscriptions that match, by session; those of shared subscriptions are left out. */
    Collection<List<Entry>> matching(String topic) {
        Map<Session, List<Entry>> matching = new LinkedHashMap<>();
        plain.match(topic, entry -> matching.computeIfAbsent(entry.session(), session -> new ArrayList<>())
                .add(entry));
        return matching.values();
    }

    /** Returns one member of each shared subscription that matches, the one whose turn it is. */
    List<Entry> sharedMatching(String topic) {
        List<Entry> matching = new ArrayList<>();
        shared.match(topic, group -> matching.add(group.next()));
        return matching;
    }

    private ShareGroup group(TopicFilters.Shared parts) {
        ShareGroup group = shared.get(parts.filter(), parts.group());
        if (group == null) {
            group = new ShareGroup();
            shared.put(parts.filter(), parts.group(), group);
        }
        return group;
    }

    private boolean leave(TopicFilters.Shared parts, Session session) {
        @Nullable ShareGroup group = shared.get(parts.filter(), parts.group());
        if (group == null || group.members.remove(session) == null) {
            return false;
        }
        if (group.members.isEmpty()) {
            shared.remove(parts.filter(), parts.group());
        }
        return true;
    }
}
