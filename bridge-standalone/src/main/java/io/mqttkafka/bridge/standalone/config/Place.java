package io.mqttkafka.bridge.standalone.config;

/** Where something stands in a file; line and column from 1, both 0 for the file as a whole. */
public record Place(String file, int line, int column) {
    static Place of(String file) {
        return new Place(file, 0, 0);
    }

    @Override
    public String toString() {
        return line == 0 ? file : file + ":" + line + ":" + column;
    }
}
