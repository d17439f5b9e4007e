package io.mqttkafka.bridge.testkit.broker;

import java.util.List;

/**
 * What the workers of an {@link EmbeddedConnect} say of a connector.
 *
 * @param state {@code RUNNING}, {@code PAUSED}, {@code STOPPED}, {@code FAILED}, {@code UNASSIGNED} or {@code RESTARTING}
 * @param worker the worker that runs it, as {@code host:port}
 * @param trace why it has failed; empty if it has not
 * @param tasks its tasks, by number
 */
public record ConnectStatus(String state, String worker, String trace, List<Task> tasks) {

    /**
     * One task.
     *
     * @param id its number
     * @param state as that of a connector
     * @param worker the worker that runs it, as {@code host:port}
     * @param trace why it has failed; empty if it has not
     */
    public record Task(int id, String state, String worker, String trace) {}

    public ConnectStatus {
        tasks = List.copyOf(tasks);
    }

    /**
     * Says whether the connector and just so many tasks run.
     *
     * @param expected the number of tasks
     */
    public boolean isRunning(int expected) {
        return state.equals("RUNNING")
                && tasks.size() == expected
                && tasks.stream().allMatch(task -> task.state().equals("RUNNING"));
    }
}
