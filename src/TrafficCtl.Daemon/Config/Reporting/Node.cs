using System.Collections.Immutable;

namespace TrafficCtl.Daemon.Config.Reporting;

/// <summary>A piece of a document that still knows where it was written (line and column from 1).</summary>
internal abstract record Node(int Line, int Column)
{
    /// <summary>What a reader would call it.</summary>
    public abstract string Kind { get; }

    /// <param name="IsPlain">Written without quotes, so that an empty or <c>null</c> text means "nothing".</param>
    internal sealed record Scalar(int Line, int Column, string Text, bool IsPlain) : Node(Line, Column)
    {
        public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

        public override string Kind => IsNull ? "nothing" : "one value";
    }

    internal sealed record List(int Line, int Column, ImmutableArray<Node> Items) : Node(Line, Column)
    {
        public override string Kind => "a list";
    }

    internal sealed record Map(int Line, int Column, ImmutableArray<Entry> Entries) : Node(Line, Column)
    {
        public override string Kind => "a map";
    }
}

internal readonly record struct Entry(Node.Scalar Key, Node Value);
