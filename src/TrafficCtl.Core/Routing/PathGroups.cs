using System.Collections.Immutable;

namespace TrafficCtl.Core.Routing;

/// <summary>The route groups of one rollout: fixed before its first step, the same on every replica and after every restart.</summary>
/// <remarks>Immutable, and equal by what it holds. A path of none of the groups is of the rest, so that new paths make no groups.</remarks>
public sealed class PathGroups : IEquatable<PathGroups>
{
    /// <summary>Groups at most, the rest not counted.</summary>
    public const int Most = 50;

    public const int MostDepth = 8, UsualDepth = 3;

    /// <summary>Characters of a group's name at most.</summary>
    public const int MostName = MostDepth * (PathKey.MostWord + 1);

    /// <summary>What the rest is called.</summary>
    public const string RestName = "(rest)";

    private const int Slots = 128;

    private readonly ulong[] hashes = new ulong[Slots];
    private readonly byte[] indexes = new byte[Slots];

    private PathGroups(int depth, ImmutableArray<string> names)
    {
        (Depth, Names) = (depth, names);
        for (var i = 0; i < names.Length; i++)
        {
            var hash = HashOf(names[i]);
            var slot = SlotOf(hash);
            while (hashes[slot] != 0) slot = (slot + 1) % Slots;
            (hashes[slot], indexes[slot]) = (hash, (byte)i);
        }
    }

    /// <summary>Segments of a path that make a group; 0 where names are not made of paths, such as route templates.</summary>
    public int Depth { get; }

    /// <summary>Without the rest; in ordinal order.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>Groups, the rest included.</summary>
    public int Count => Names.Length + 1;

    /// <summary>The index of the rest.</summary>
    public int Rest => Names.Length;

    /// <param name="depth">1 to <see cref="MostDepth"/>.</param>
    /// <param name="names">Names or paths; 0 to <see cref="Most"/> different groups.</param>
    /// <exception cref="ArgumentException">There are too many, or the depth is out of range.</exception>
    public static PathGroups Of(int depth, IEnumerable<string> names)
    {
        if (depth is < 1 or > MostDepth) throw new ArgumentException($"depth {depth} is outside 1..{MostDepth}", nameof(depth));
        ImmutableArray<string> groups =
            [.. names.Select(n => PathKey.Normalize(n, depth)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return Checked(depth, groups);
    }

    /// <summary>Groups whose names are what whoever counts calls them: each is found by its name alone.</summary>
    /// <param name="names">0 to <see cref="Most"/> different ones.</param>
    /// <exception cref="ArgumentException">There are too many.</exception>
    public static PathGroups OfNames(IEnumerable<string> names) =>
        Checked(0, [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);

    /// <summary>The group of a path, by one pass over it: 0 to <see cref="Rest"/>. Allocates nothing.</summary>
    public int Find(ReadOnlySpan<char> path)
    {
        var hash = HashOf(path);
        for (var slot = SlotOf(hash); hashes[slot] != 0; slot = (slot + 1) % Slots)
            if (hashes[slot] == hash) return indexes[slot];
        return Rest;
    }

    /// <summary>The name of a group, or of the rest.</summary>
    public string NameOf(int group) => group < Names.Length ? Names[group] : RestName;

    public bool Equals(PathGroups? other) =>
        ReferenceEquals(this, other) || (other is not null && Depth == other.Depth && Names.AsSpan().SequenceEqual(other.Names.AsSpan()));

    public override bool Equals(object? obj) => Equals(obj as PathGroups);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Depth);
        foreach (var name in Names) hash.Add(name, StringComparer.Ordinal);
        return hash.ToHashCode();
    }

    private static PathGroups Checked(int depth, ImmutableArray<string> groups) => groups.Length <= Most
        ? new PathGroups(depth, groups)
        : throw new ArgumentException($"{groups.Length} route groups: there must be at most {Most}", nameof(groups));

    private ulong HashOf(ReadOnlySpan<char> path) => Depth == 0 ? PathKey.Whole(path) : PathKey.Hash(path, Depth);

    private static int SlotOf(ulong hash) => (int)(hash >> 57);
}
