using System.Text.Json.Nodes;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>What may stand at a place of the file: it checks a node, and it writes itself as JSON Schema.</summary>
internal abstract record Shape
{
    /// <summary>What is expected, for a message: <c>a duration such as 5s</c>.</summary>
    public abstract string Expected { get; }

    /// <summary>How it is written, for one who wrote something else there; null where <see cref="Expected"/> says enough.</summary>
    public virtual string? Example { get; init; }

    /// <summary>The checked value; null after a problem went into the report.</summary>
    public abstract Value? Read(Node node, string path, Report report);

    public abstract JsonObject ToJson();

    private protected static Value? Wrong(Shape shape, Node node, string path, Report report)
    {
        var message = node is Node.Scalar { IsNull: true }
            ? $"needs a value: {shape.Expected}"
            : $"expected {shape.Expected}, found {node.Kind}";
        report.Add(node, path, message, shape.Example is { } example && shape is not ScalarShape ? Hints.WriteLike(path, example) : null);
        return null;
    }
}
