package io.mqttkafka.bridge.standalone.config;

import java.util.List;
import java.util.Map;

/** What the value of an option looks like: how it is read, and how the JSON Schema and Java say it. */
interface Form<V> {
    /**
     * Reads a value.
     *
     * @param tree what the file holds
     * @param reading collects what is wrong further down
     * @throws Refused if it is not of this form; the message says what is, never what stood there
     */
    V read(Tree tree, Reading reading) throws Refused;

    /** The JSON Schema of it. */
    Map<String, Object> schema();

    /** An expression of Java that makes the value. */
    String java(V value, Tree tree);

    /** Values in YAML that are of this form, and values that are not; for tests and documentation. */
    List<String> examples();

    List<String> counterExamples();
}
