using System.Collections.Immutable;
using System.Text;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Config.Yaml;

namespace TrafficCtl.Daemon.Config.Cluster;

/// <summary>Annotations to one tree: <c>analysis.tick: 5s</c> and what <c>delivery</c> holds, as if somebody had written a file.</summary>
internal sealed class KeyTree(Report report)
{
    /// <summary>The annotation that holds the rest as YAML.</summary>
    public const string Rest = "delivery";

    private readonly Branch root = new();

    public static Node.Map Read(ImmutableSortedDictionary<string, string> keys, Report report)
    {
        var tree = new KeyTree(report);
        foreach (var (key, text) in keys) tree.Add(key, text);
        return tree.root.ToNode();
    }

    private void Add(string key, string text)
    {
        if (key == Rest)
        {
            if (Yaml(key, text) is Node.Map map) Merge(root, "", map);
            else if (report.IsClean)
                report.Add(0, 0, Rest, "expected a map of the delivery file's keys", "write rollout: [{ weights: [10, 50, 100] }]");
            return;
        }

        var path = key.Split('.');
        var value = IsText(path, text) ? new Node.Scalar(0, 0, text, IsPlain: true) : Yaml(key, text);
        var branch = root;
        foreach (var step in path.SkipLast(1))
        {
            if (branch.Children.TryGetValue(step, out var there) && there is not Branch)
            {
                report.Add(0, 0, key, "given twice", "remove one");
                return;
            }

            branch = (Branch)(there ?? (branch.Children[step] = new Branch()));
        }

        if (value is not null) Put(branch, key, new Node.Scalar(0, 0, path[^1], IsPlain: true), value);
    }

    /// <summary>
    /// The shape there takes one value, or there is no such key: then its text is as good as anything. Routes may be a YAML list too.
    /// </summary>
    private static bool IsText(string[] path, string text)
    {
        Shape? shape = ClusterSchema.Root;
        foreach (var step in path)
            shape = shape is SectionShape section ? section.Keys.FirstOrDefault(k => k.Name == step)?.Shape ?? section.Others?.Item : null;
        return shape is null or ScalarShape || (shape is RoutesShape && !text.AsSpan().TrimStart().StartsWith('['));
    }

    private Node? Yaml(string key, string text)
    {
        var own = new Report(report.File);
        var documents = YamlFile.Documents(Encoding.UTF8.GetBytes(text), "write its value as YAML", own);
        foreach (var problem in own.All) report.Add(problem.Line, problem.Column, key, problem.Message, problem.Hint);
        if (documents.Length > 1) report.Add(documents[1], key, $"holds {documents.Length} documents", "write one");
        return documents is [var only] && own.IsClean ? only : null;
    }

    private void Merge(Branch branch, string path, Node.Map map)
    {
        foreach (var (key, value) in map.Entries) Put(branch, YamlTree.Join(path, key.Text), key, value);
    }

    private void Put(Branch branch, string path, Node.Scalar key, Node value)
    {
        if (value is Node.Map map && branch.Children.GetValueOrDefault(key.Text) is Branch inner)
        {
            Merge(inner, path, map);
        }
        else if (branch.Children.ContainsKey(key.Text))
        {
            report.Add(key, path, "given twice", "remove one");
        }
        else if (value is Node.Map whole)
        {
            var fresh = new Branch { Key = key, At = whole };
            branch.Children[key.Text] = fresh;
            Merge(fresh, path, whole);
        }
        else
        {
            branch.Children[key.Text] = new Leaf(key, value);
        }
    }

    private abstract class Place
    {
        public Node.Scalar? Key { get; set; }

        public abstract Node ToNode();
    }

    private sealed class Leaf : Place
    {
        private readonly Node value;

        public Leaf(Node.Scalar key, Node value) => (Key, this.value) = (key, value);

        public override Node ToNode() => value;
    }

    private sealed class Branch : Place
    {
        public Dictionary<string, Place> Children { get; } = new(StringComparer.Ordinal);

        /// <summary>Where it was written as a map; null when only keys below it were.</summary>
        public Node? At { get; init; }

        public override Node.Map ToNode() => new(
            At?.Line ?? 0, At?.Column ?? 0,
            [.. Children.Select(c => new Entry(c.Value.Key ?? new Node.Scalar(0, 0, c.Key, IsPlain: true), c.Value.ToNode()))]);
    }
}
