package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PacketIdMapTest {
    private static final int[] LIMITS = {8, 300, 1 << 16};

    @Test
    void anyOperations_doWhatAMapDoes() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int limit : LIMITS) {
            PacketIdMap<String> ids = new PacketIdMap<>();
            Map<Integer, String> map = new TreeMap<>();
            for (int i = 0; i < 5_000; i++) {
                int id = random.nextInt(limit);
                String value = String.valueOf(random.nextInt(20));
                switch (random.nextInt(limit < 100 ? 6 : 12)) {
                    case 0 -> {
                        ids.remove(id);
                        map.remove(id);
                    }
                    case 1 -> {
                        String present = map.get(id);
                        ids.remove(id, value);
                        assertThat(ids.get(id))
                                .as("only the very same value is removed")
                                .isSameAs(present);
                        if (present != null) {
                            ids.remove(id, present);
                            map.remove(id);
                        }
                    }
                    case 2 -> {
                        ids.removeIf(value::equals);
                        map.values().removeIf(value::equals);
                    }
                    case 3 -> {
                        if (random.nextInt(200) == 0) {
                            ids.clear();
                            map.clear();
                        }
                    }
                    default -> assertThat(ids.put(id, value)).isEqualTo(map.put(id, value));
                }
                assertThat(ids.get(id)).as("seed %s", seed).isEqualTo(map.get(id));
                assertThat(ids.contains(id)).isEqualTo(map.containsKey(id));
                assertThat(ids.size()).as("seed %s", seed).isEqualTo(map.size());
            }
            List<String> values = new ArrayList<>();
            ids.forEach(values::add);
            assertThat(values).as("seed %s", seed).containsExactlyElementsOf(map.values());
        }
    }
}
