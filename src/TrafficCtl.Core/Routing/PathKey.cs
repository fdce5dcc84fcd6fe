using System.Text;

namespace TrafficCtl.Core.Routing;

/// <summary>The route group of a path: its first segments, with <c>*</c> in the place of each id.</summary>
/// <remarks>
/// A segment is an id when it has a digit in it (but for v1, v2 and so on), has a character other than ASCII letters, digits and
/// <c>- . _ ~ : $</c>, or is longer than 32 characters. Empty segments are left out, so <c>/orders/</c> is <c>/orders</c>. The hash
/// is made while the path is read once, and is that of the group's own name too: a group is found without making a string. It is not
/// keyed: who makes two paths collide only reaches a group that it could ask for by its name.
/// </remarks>
public static class PathKey
{
    /// <summary>Characters of the longest segment that is no id.</summary>
    public const int MostWord = 32;

    private const int MostVersionDigits = 3;
    private const byte Letter = 0, Digit = 1, Odd = 2;
    private const ulong Offset = 0xCBF2_9CE4_8422_2325, Prime = 0x0000_0100_0000_01B3, Mix = 0x9E37_79B9_7F4A_7C15;

    private static readonly byte[] Classes = MakeClasses();
    private static readonly ulong Id = HashOf("*");

    /// <param name="path">Without query; with or without a leading slash.</param>
    /// <param name="depth">Segments at most.</param>
    /// <returns>Never 0.</returns>
    public static ulong Hash(ReadOnlySpan<char> path, int depth)
    {
        var (hash, at) = (Offset, 0);
        while (depth > 0 && at < path.Length)
        {
            if (path[at] == '/')
            {
                at++;
                continue;
            }

            at += Segment(path[at..], out var word);
            hash = (hash ^ word) * Mix;
            hash ^= hash >> 29;
            depth--;
        }

        return hash | 1;
    }

    /// <summary>The group's name, such as <c>/orders/*</c>.</summary>
    /// <param name="path">Without query; with or without a leading slash.</param>
    /// <param name="depth">Segments at most.</param>
    public static string Normalize(ReadOnlySpan<char> path, int depth)
    {
        var name = new StringBuilder();
        for (var at = 0; depth > 0 && at < path.Length;)
        {
            if (path[at] == '/')
            {
                at++;
                continue;
            }

            var length = Segment(path[at..], out var word);
            name.Append('/');
            if (word == Id) name.Append('*');
            else name.Append(path.Slice(at, length));
            at += length;
            depth--;
        }

        return name.Length == 0 ? "/" : name.ToString();
    }

    /// <returns>The length of the first segment.</returns>
    private static int Segment(ReadOnlySpan<char> path, out ulong word)
    {
        var (hash, digits, odd, at) = (Offset, 0, 0, 0);
        for (; at < path.Length && path[at] != '/'; at++)
        {
            var c = path[at];
            if (at == MostWord)
            {
                var rest = path[at..].IndexOf('/');
                word = Id;
                return rest < 0 ? path.Length : at + rest;
            }

            var kind = c < Classes.Length ? Classes[c] : Odd;
            digits += kind & Digit;
            odd |= kind;
            hash = (hash ^ c) * Prime;
        }

        var isVersion = digits is > 0 and <= MostVersionDigits && digits == at - 1 && (path[0] | 0x20) == 'v';
        word = (odd & Odd) != 0 || (digits > 0 && !isVersion) ? Id : hash;
        return at;
    }

    /// <summary>The hash of a name as it is.</summary>
    /// <returns>Never 0.</returns>
    public static ulong Whole(ReadOnlySpan<char> name) => (HashOf(name) * Mix) | 1;

    private static ulong HashOf(ReadOnlySpan<char> word)
    {
        var hash = Offset;
        foreach (var c in word) hash = (hash ^ c) * Prime;
        return hash;
    }

    private static byte[] MakeClasses()
    {
        var classes = new byte[128];
        for (var c = 0; c < classes.Length; c++)
            classes[c] = char.IsAsciiDigit((char)c) ? Digit : char.IsAsciiLetter((char)c) || "-._~:$".Contains((char)c) ? Letter : Odd;
        return classes;
    }
}
