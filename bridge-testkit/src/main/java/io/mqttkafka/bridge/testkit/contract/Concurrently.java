package io.mqttkafka.bridge.testkit.contract;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Does the same on several threads at once. */
final class Concurrently {

    private static final int THREADS = 4;

    private Concurrently() {}

    /** Runs the task on each thread and fails as the first of them does. */
    static void run(Callable<?> task) throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            CountDownLatch together = new CountDownLatch(THREADS);
            List<Future<?>> results = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                results.add(threads.submit(() -> {
                    together.countDown();
                    together.await();
                    return task.call();
                }));
            }
            for (Future<?> result : results) {
                result.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError("Used by " + THREADS + " threads at once it fails: " + e.getCause(), e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }
}
