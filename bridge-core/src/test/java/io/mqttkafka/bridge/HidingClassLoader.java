package io.mqttkafka.bridge;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Loads the bridge and its tests again, and does not find some classes: a class path that lacks them. */
public final class HidingClassLoader extends ClassLoader {
    private final Map<String, String> resources;
    private final String[] hidden;

    /**
     * Makes one.
     *
     * @param resources files that it has in place of others, with their text
     * @param hidden how the names of classes begin that it does not find
     */
    public HidingClassLoader(Map<String, String> resources, String... hidden) {
        super(HidingClassLoader.class.getClassLoader());
        this.resources = resources;
        this.hidden = hidden;
    }

    /** Makes one of these within the class loader, and returns what it says. */
    public Object answerOf(Class<? extends Supplier<?>> probe) throws ReflectiveOperationException {
        Class<?> inside = Class.forName(probe.getName(), true, this);
        Constructor<?> constructor = inside.getDeclaredConstructor();
        constructor.setAccessible(true);
        return ((Supplier<?>) constructor.newInstance()).get();
    }

    @Override
    public @Nullable InputStream getResourceAsStream(String name) {
        String text = resources.get(name);
        return text == null
                ? super.getResourceAsStream(name)
                : new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        for (String beginning : hidden) {
            if (name.startsWith(beginning)) {
                throw new ClassNotFoundException(name);
            }
        }
        if (!name.startsWith("io.mqttkafka.bridge.")) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? define(name) : loaded;
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
