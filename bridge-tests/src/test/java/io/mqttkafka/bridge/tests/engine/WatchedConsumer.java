package io.mqttkafka.bridge.tests.engine;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.TopicPartition;

/** Passes on what a consumer is asked, and tells of its polls and of partitions that go. */
public final class WatchedConsumer implements InvocationHandler {
    private final org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> consumer;
    private final Runnable polled;
    private final Consumer<Boolean> revoking;

    public WatchedConsumer(
            org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> consumer,
            Runnable polled,
            Consumer<Boolean> revoking) {
        this.consumer = consumer;
        this.polled = polled;
        this.revoking = revoking;
    }

    @SuppressWarnings("unchecked")
    org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> proxy() {
        Class<?> type = org.apache.kafka.clients.consumer.Consumer.class;
        return (org.apache.kafka.clients.consumer.Consumer<byte[], byte[]>)
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, this);
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        if (method.getName().equals("poll")) {
            polled.run();
        }
        for (int i = 0; arguments != null && i < arguments.length; i++) {
            if (arguments[i] instanceof ConsumerRebalanceListener listener) {
                arguments[i] = new Watched(listener);
            }
        }
        try {
            return method.invoke(consumer, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private final class Watched implements ConsumerRebalanceListener {
        private final ConsumerRebalanceListener listener;

        Watched(ConsumerRebalanceListener listener) {
            this.listener = listener;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            revoking.accept(true);
            listener.onPartitionsRevoked(partitions);
            revoking.accept(false);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            listener.onPartitionsLost(partitions);
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            listener.onPartitionsAssigned(partitions);
        }
    }
}
