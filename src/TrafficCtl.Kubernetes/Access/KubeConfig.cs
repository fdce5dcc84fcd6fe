namespace TrafficCtl.Kubernetes.Access;

/// <summary>Which cluster is meant, by the rules of kubectl.</summary>
public static class KubeConfig
{
    /// <summary>The file given; else <c>KUBECONFIG</c>; else the cluster that this pod runs in; else <c>~/.kube/config</c>.</summary>
    /// <param name="file">A kubeconfig, which must exist; null for the rules above.</param>
    /// <param name="context">Null for the current one of the files; of files only.</param>
    /// <param name="clock">The clock of what is read again in time.</param>
    /// <param name="around">Null for this machine.</param>
    /// <exception cref="KubeAccessException">None is to be found, or it is wrong: which file, which entry, why.</exception>
    public static KubeAccess Find(string? file, string? context, TimeProvider clock, KubeSurroundings? around = null)
    {
        around ??= KubeSurroundings.Here;
        if (file is not null) return Load([file], context, clock, mustExist: true);
        if (around.Variable("KUBECONFIG") is { Length: > 0 } list)
        {
            var files = list.Split(OperatingSystem.IsWindows() ? ';' : ':', StringSplitOptions.RemoveEmptyEntries);
            return Load(files, context, clock, mustExist: false);
        }

        var home = Path.Combine(around.Home, ".kube", "config");
        if (context is null && InCluster.Find(around, clock) is { } cluster) return cluster;
        return File.Exists(home)
            ? Load([home], context, clock, mustExist: true)
            : throw new KubeAccessException(
                $"No cluster is known: this is no pod (KUBERNETES_SERVICE_HOST is not set), KUBECONFIG is not set, and {home} does not "
                    + "exist. Name a kubeconfig with --kubeconfig.");
    }

    private static KubeAccess Load(IReadOnlyList<string> files, string? context, TimeProvider clock, bool mustExist)
    {
        var merged = new ConfigFiles();
        foreach (var file in files)
        {
            if (File.Exists(file)) merged.Add(file);
            else if (mustExist) throw new KubeAccessException($"{file}: there is no such kubeconfig.");
        }

        var names = string.Join(Path.PathSeparator, files);
        if (merged.IsEmpty) throw new KubeAccessException($"{names}: none of these kubeconfigs exists or says anything.");
        var name = context ?? merged.CurrentContext
            ?? throw new KubeAccessException($"{names}: there is no current-context: name one of {merged.Known("contexts")}.");
        var chosen = merged.Find("contexts", name)
            ?? throw new KubeAccessException($"{names}: there is no context '{name}': there are {merged.Known("contexts")}.");
        var cluster = Named(merged, chosen, "cluster", "clusters");
        var user = chosen.Text("user") is { Length: > 0 }
            ? Named(merged, chosen, "user", "users")
            : new ConfigEntry(chosen.File, "users", null);
        return new ConfigAccess(clock).Read($"{cluster.File}, context {name}", cluster, user, chosen.Text("namespace"));
    }

    private static ConfigEntry Named(ConfigFiles merged, ConfigEntry context, string key, string family)
    {
        var name = context.Text(key) ?? throw context.Wrong(key, "must name one of the " + family);
        return merged.Find(family, name)
            ?? throw context.Wrong(key, $"there is no '{name}' among the {family}: there are {merged.Known(family)}");
    }
}

/// <summary>Some files as one: of each name, and of the current context, the first wins.</summary>
internal sealed class ConfigFiles
{
    private readonly Dictionary<(string Family, string Name), ConfigEntry> entries = [];

    public string? CurrentContext { get; private set; }

    public bool IsEmpty => entries.Count == 0;

    public void Add(string file)
    {
        if (ConfigEntry.Read(file) is not { } root) return;
        CurrentContext ??= root.Text("current-context") is { Length: > 0 } current ? current : null;
        foreach (var family in new[] { "clusters", "contexts", "users" })
        {
            foreach (var item in root.Entries(family))
            {
                var name = item.Text("name") ?? throw item.Wrong("name", "is missing");
                var kind = family[..^1];
                entries.TryAdd((family, name), (item.Entry(kind) ?? new ConfigEntry(file, "", null)).As($"{family}['{name}'].{kind}"));
            }
        }
    }

    public ConfigEntry? Find(string family, string name) => entries.GetValueOrDefault((family, name));

    public string Known(string family)
    {
        var names = entries.Keys.Where(k => k.Family == family).Select(k => $"'{k.Name}'").Order(StringComparer.Ordinal).ToArray();
        return names.Length == 0 ? "none" : string.Join(", ", names);
    }
}
