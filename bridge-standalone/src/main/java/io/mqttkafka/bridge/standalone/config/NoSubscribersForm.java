package io.mqttkafka.bridge.standalone.config;

import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.failure.Backoff;
import java.util.List;
import java.util.Map;

/** {@code await}, {@code await 1s..5s}, {@code accept} or {@code fail}. */
final class NoSubscribersForm implements Form<NoSubscribers> {
    private static final String AWAIT = "await ";
    private final Form<Backoff> backoff = Forms.backoff();

    @Override
    public NoSubscribers read(Tree tree, Reading reading) throws Refused {
        if (tree instanceof Tree.Text text) {
            switch (text.value()) {
                case "await":
                    return NoSubscribers.await();
                case "accept":
                    return NoSubscribers.accept();
                case "fail":
                    return NoSubscribers.fail();
                default:
                    if (text.value().startsWith(AWAIT)) {
                        return await(text);
                    }
            }
        }
        throw new Refused(tree, "must be await, await with times such as await 1s..5s, accept or fail");
    }

    private static NoSubscribers await(Tree.Text text) throws Refused {
        try {
            return NoSubscribers.await(backoff(text.value()));
        } catch (IllegalArgumentException e) {
            throw new Refused(text, "must be await with times such as await 1s..5s");
        }
    }

    @Override
    public Map<String, Object> schema() {
        return Forms.either(
                Map.of("enum", List.of("await", "accept", "fail")),
                Map.of("type", "string", "pattern", "^await " + Forms.BACKOFF + "$"),
                Forms.variable());
    }

    @Override
    public String java(NoSubscribers value, Tree tree) {
        String text = ((Tree.Text) tree).value();
        return text.startsWith(AWAIT)
                ? "NoSubscribers.await(" + backoff.java(backoff(text), tree) + ")"
                : "NoSubscribers." + text + "()";
    }

    private static Backoff backoff(String text) {
        return Forms.backoffOf(text.substring(AWAIT.length()));
    }

    @Override
    public List<String> examples() {
        return List.of("await", "await 1s..5s", "accept", "fail");
    }

    @Override
    public List<String> counterExamples() {
        return List.of("ignore", "await forever", "[await]");
    }
}
