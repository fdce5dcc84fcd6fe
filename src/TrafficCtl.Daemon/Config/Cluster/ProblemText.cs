using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Daemon.Config.Cluster;

/// <summary>A problem in the words of the object that has it: which annotation or field, and where in its YAML.</summary>
internal static class ProblemText
{
    public static string Of(DeclaredService declared, Problem problem)
    {
        var hint = problem.Hint is null ? "" : $" ({problem.Hint})";
        if (declared.Delivery is not null) return $"{declared.Origin}: {Field(problem.Path)}: {problem.Message}{hint}";
        if (problem.Path.Length == 0 && problem.Line == 0) return $"{declared.Origin}: {problem.Message}{hint}";
        if (problem.Line == 0) return $"{declared.Origin}: {DeclaredService.Prefix}{problem.Path}: {problem.Message}{hint}";
        var source = Source(declared, problem.Path);
        var path = problem.Path.Length == 0 || problem.Path == source ? "" : $" {problem.Path}:";
        return $"{declared.Origin}: {DeclaredService.Prefix}{source}:{problem.Line}:{problem.Column}:{path} {problem.Message}{hint}";
    }

    /// <summary>The annotation whose YAML a path stands in.</summary>
    private static string Source(DeclaredService declared, string path)
    {
        foreach (var key in declared.Keys.Keys.OrderByDescending(k => k.Length))
            if (path == key || path.StartsWith(key + ".", StringComparison.Ordinal) || path.StartsWith(key + "[", StringComparison.Ordinal))
                return key;
        return KeyTree.Rest;
    }

    private static string Field(string path)
    {
        var first = path.Split('.', '[')[0];
        if (ClusterSchema.Own.Any(k => k.Name == first)) return $"spec.{JsonTree.Camel(first)}{path[first.Length..]}";
        return path.Length == 0 ? "spec" : $"spec.{KeyTree.Rest}.{path}";
    }
}
