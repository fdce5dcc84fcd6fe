using System.Collections.Immutable;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>A node that has passed its shape, with the path it stands at.</summary>
internal abstract record Value(Node Node, string Path)
{
    /// <summary>One value, already in its own type.</summary>
    internal sealed record Leaf(Node Node, string Path, object Content) : Value(Node, Path);

    /// <param name="All">Those that passed.</param>
    internal sealed record Items(Node Node, string Path, ImmutableArray<Value> All) : Value(Node, Path);

    /// <param name="All">In the file's order, also those whose value did not pass: their names exist.</param>
    internal sealed record Named(Node Node, string Path, ImmutableArray<NamedValue> All) : Value(Node, Path);

    /// <param name="Fields">By key, those that passed.</param>
    internal sealed record Section(Node Node, string Path, ImmutableDictionary<string, Value> Fields) : Value(Node, Path);
}

internal readonly record struct NamedValue(string Name, Node.Scalar Key, Value? Value);

internal static class Values
{
    /// <summary>The value at a dotted path of keys; null when nobody wrote it.</summary>
    public static Value? Find(this Value.Section section, string path)
    {
        Value? at = section;
        foreach (var key in path.Split('.'))
            at = at is Value.Section inner ? inner.Fields.GetValueOrDefault(key) : null;
        return at;
    }

    /// <summary>The content at a dotted path, or the default.</summary>
    public static T Get<T>(this Value.Section section, string path, T otherwise) =>
        section.Find(path) is Value.Leaf leaf ? (T)leaf.Content : otherwise;

    /// <summary>The contents of a list of leaves.</summary>
    public static ImmutableArray<T> All<T>(this Value.Items items) =>
        [.. items.All.OfType<Value.Leaf>().Select(leaf => (T)leaf.Content)];
}
