namespace TrafficCtl.ApiLoad.Fuzzing;

/// <summary>What is tried as input number N depends on the seed and N alone, whatever else is under way.</summary>
internal sealed class Chance(int seed, int number)
{
    private static readonly string[] Odd =
    [
        "", " ", "\0", "\n", "..", "../../etc/passwd", "%", "%00", "%2e%2e", "%2F", "%zz", "a b", "ä", "\u202e", "\ud83d\ude00", "null",
        "-1", "0", "9223372036854775807", "9223372036854775808", "1e309", "NaN", "true", "[]", "{}", "'", "\"", "\\", "<script>", "${7*7}",
        "shop", "shop@default", "default", "v1", "v2", "abort", "pause", new('x', 129), new('x', 1025), new('{', 64), new('9', 400),
    ];

    private readonly Random random = new(unchecked((seed * 1_000_003) ^ (number * 7919)));

    public int Below(int most) => random.Next(most);

    public bool OneIn(int n) => random.Next(n) == 0;

    public T Of<T>(params IReadOnlyList<T> list) => list[random.Next(list.Count)];

    /// <summary>A text that something may trip over.</summary>
    public string Text() => Below(8) switch
    {
        0 => string.Concat(Enumerable.Range(0, Below(40)).Select(_ => (char)Below(0x300))),
        1 => Of(Odd) + Of(Odd),
        _ => Of(Odd),
    };

    public byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Some bytes changed, put in, left out, doubled, or all from somewhere on.</summary>
    public byte[] Spoil(byte[] bytes)
    {
        var spoiled = bytes.ToList();
        for (var changes = 1 + Below(6); changes > 0 && spoiled.Count > 0; changes--)
        {
            var at = Below(spoiled.Count);
            switch (Below(7))
            {
                case 0:
                    spoiled[at] = (byte)Below(256);
                    break;
                case 1:
                    spoiled[at] ^= (byte)(1 << Below(8));
                    break;
                case 2:
                    spoiled.InsertRange(at, Bytes(1 + Below(8)));
                    break;
                case 3:
                    spoiled.RemoveRange(at, Math.Min(1 + Below(8), spoiled.Count - at));
                    break;
                case 4:
                    spoiled.InsertRange(at, spoiled.GetRange(at, Math.Min(1 + Below(64), spoiled.Count - at)));
                    break;
                case 5:
                    spoiled.RemoveRange(at, spoiled.Count - at);
                    break;
                default:
                    spoiled.InsertRange(at, Enumerable.Repeat(spoiled[at], 1 + Below(300)));
                    break;
            }
        }

        return [.. spoiled];
    }
}
