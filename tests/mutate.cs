#:property RestorePackagesWithLockFile=false
#:property PublishAot=false
#:property NoWarn=$(NoWarn);MA0047
// The second half of tests/mutate: runs the tests of an assembly that Stryker has mutated, with one mutant switched on at a time.
//   mutate.cs PROJECT WORK [part of a path]...
// WORK holds mutants.json (Stryker's report) and bin (the test program with the mutated assembly). Each test class is run once to see
// which mutants it reaches; a mutant is then given to the classes that reach it, the quickest first, until one fails. Results are kept
// in WORK/results.tsv. Types of a program of one file need no namespace (MA0047).
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;

if (args is ["--host", ..]) return await Host.RunAsync(args[1], args[2]);
var (project, work, parts) = (args[0], args[1], args[2..]);
using var suite = new Suite(work, $"TrafficCtl.{project}", $"TrafficCtl.{project}.Tests");
var mutants = Mutant.Read(Path.Combine(work, "mutants.json"))
    .Where(m => parts.Length == 0 || parts.Any(p => m.Source.Contains(p, StringComparison.Ordinal))).ToList();
var asked = TestRows.For(project).Where(r => mutants.Exists(m => m.Source.Contains(r.Folder, StringComparison.Ordinal)));
var reaches = suite.Reaches([.. asked]);
var results = new Results(Path.Combine(work, "results.tsv"), suite.Hash);
var left = mutants.Where(m => !results.Has(m)).ToList();
Console.WriteLine($"{mutants.Count} mutants, {left.Count} to try");
var (began, minutes) = (Stopwatch.GetTimestamp(), Environment.GetEnvironmentVariable("MUTATE_MINUTES") ?? "60");
var most = TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture));
foreach (var (i, mutant) in left.Index())
{
    if (Stopwatch.GetElapsedTime(began) > most) break;
    var rows = TestRows.For(project).First(r => mutant.Source.Contains(r.Folder, StringComparison.Ordinal));
    var fate = suite.FateOf(mutant, [.. reaches.Where(r => rows.Asks(r.Class) && r.Has(mutant)).OrderBy(r => r.Seconds)]);
    results.Add(mutant, fate);
    if (fate is Fate.Survived or Fate.Unreached) Console.WriteLine($"  {i + 1}/{left.Count} {fate} {mutant}");
    else if ((i + 1) % 25 == 0) Console.WriteLine($"  {i + 1}/{left.Count}");
}

results.Print([.. mutants.Where(results.Has)]);
if (mutants.Count(m => !results.Has(m)) is > 0 and var untried) Console.WriteLine($"\n{untried} mutants are not tried yet: run it again");
return 0;

/// <summary>What became of a mutant.</summary>
internal enum Fate
{
    /// <summary>A test failed, or the test program ended badly.</summary>
    Killed,

    /// <summary>The tests took many times as long as without it.</summary>
    TimedOut,

    /// <summary>All tests that reach it pass.</summary>
    Survived,

    /// <summary>No test runs its line.</summary>
    Unreached,
}

/// <summary>The tests that are asked about the sources of a folder.</summary>
/// <param name="Folder">Part of the path of the sources.</param>
/// <param name="Namespaces">How the namespaces of the tests begin, after the name of the project.</param>
/// <param name="Without">
/// Parts of the names of classes that take long and say little of one change: random walks, error rates by simulation, the parts that
/// are compared with references.
/// </param>
/// <param name="IsTraced">
/// Each class is run once more to see which mutants it reaches. Simulations of thousands of ticks are too slow for it.
/// </param>
internal sealed record TestRows(string Folder, string[] Namespaces, string[] Without, bool IsTraced = true)
{
    public static TestRows[] For(string project) => project switch
    {
        "Core" =>
        [
            new("/Rollouts/", [".Rollouts"], ["InvariantTests"]),
            new("/Judging/", [".Judging"],
            [
                "ErrorRateTests", "FastProfileTests", "ReferenceTests", "AllocationTests", "AbandonedTests", ".Judging.Estimates",
                ".Judging.Ranks", ".Judging.Sequential",
            ], IsTraced: false),
        ],
        "Control" => [new("/Rounds/", [""], ["MutableStateTests"])],
        _ => throw new ArgumentException($"no tests are named for {project}; add a row to tests/mutate.cs", nameof(project)),
    };

    public bool Asks(string testClass) =>
        Namespaces.Any(n => testClass.Contains($".Tests{n}", StringComparison.Ordinal))
        && !Without.Any(w => testClass.Contains(w, StringComparison.Ordinal));
}

/// <summary>One change of the sources.</summary>
/// <param name="IsStatic">It is in the initial value of a static field, which is computed once a process.</param>
internal sealed record Mutant(int Id, string Source, int Line, string Was, string Is, bool IsStatic)
{
    public static IEnumerable<Mutant> Read(string report)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(report));
        var all = new List<Mutant>();
        foreach (var file in document.RootElement.GetProperty("files").EnumerateObject())
        {
            var lines = file.Value.GetProperty("source").GetString()!.Split('\n');
            foreach (var mutant in file.Value.GetProperty("mutants").EnumerateArray())
            {
                if (mutant.GetProperty("status").GetString() is "CompileError" or "Ignored") continue;
                var (start, end) = (mutant.GetProperty("location").GetProperty("start"), mutant.GetProperty("location").GetProperty("end"));
                all.Add(new Mutant(
                    int.Parse(mutant.GetProperty("id").GetString()!, CultureInfo.InvariantCulture), file.Name.Replace('\\', '/'),
                    start.GetProperty("line").GetInt32(), Piece(lines, start, end),
                    OneLine(mutant.GetProperty("replacement").GetString()!),
                    lines[start.GetProperty("line").GetInt32() - 1].Contains(" static readonly ", StringComparison.Ordinal)));
            }
        }

        return all.OrderBy(m => m.Source, StringComparer.Ordinal).ThenBy(m => m.Line);
    }

    public override string ToString() => $"{Name}:{Line}  {Was}  →  {Is}";

    public string Name => string.Join('/', Source.Split('/')[^2..]);

    private static string Piece(string[] lines, JsonElement start, JsonElement end)
    {
        var (first, last) = (start.GetProperty("line").GetInt32() - 1, end.GetProperty("line").GetInt32() - 1);
        var (from, to) = (start.GetProperty("column").GetInt32() - 1, end.GetProperty("column").GetInt32() - 1);
        return OneLine(first == last
            ? lines[first][from..to]
            : string.Join(' ', [lines[first][from..], .. lines[(first + 1)..last], lines[last][..to]]));
    }

    private static string OneLine(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 160 ? line : $"{line[..157]}...";
    }
}

/// <summary>Which mutants a test class runs over, and how long it takes without any.</summary>
/// <param name="Mutants">Null when it took too long to find out: it may be any.</param>
/// <param name="Static">Those among them that are run over once a process, when a type is initialized.</param>
internal sealed record Reach(string Class, double Seconds, HashSet<int>? Mutants, HashSet<int>? Static)
{
    public bool Has(Mutant mutant) => Mutants?.Contains(mutant.Id) ?? true;

    public bool IsStatic(Mutant mutant) => Static?.Contains(mutant.Id) ?? false;
}

/// <summary>The test program with the mutated assembly.</summary>
internal sealed class Suite(string work, string project, string name) : IDisposable
{
    /// <summary>What a run may take at least, and how many times as long as without a mutant.</summary>
    private const double LeastSeconds = 60, Times = 6;

    /// <summary>What a test class may take without a mutant; one that takes longer is left out.</summary>
    private const double MostSeconds = 60;

    private const string Unknown = "?";

    /// <summary>The quickest classes are asked first, up to this time, then the next ones up to twice as much, and so on.</summary>
    private const double FirstSeconds = 2;

    private readonly string program = Path.Combine(work, "bin", name);
    private HostProcess? host;

    /// <summary>Of the tests: survivors are tried again when they change.</summary>
    public string Hash { get; } = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(work, "bin", $"{name}.dll"))))[..12];

    public List<Reach> Reaches(TestRows[] rows)
    {
        var folder = Path.Combine(work, "reaches", Hash);
        Directory.CreateDirectory(folder);
        var (_, listed) = Run(["-list", "classes"], [], 60);
        var classes = listed.Split('\n', StringSplitOptions.TrimEntries).Distinct().ToList();
        var asked = classes.Select(c => (Class: c, Rows: Array.Find(rows, r => r.Asks(c)))).Where(c => c.Rows is not null).ToList();
        if (asked.Count == 0) throw new InvalidOperationException($"{program} lists no test class that tests/mutate.cs names:\n{listed}");
        Console.WriteLine($"{asked.Count} test classes; each is run once to see what it reaches");
        return [.. asked.Select(c => ReachOf(c.Class, c.Rows!.IsTraced, Path.Combine(folder, c.Class))).OfType<Reach>()];
    }

    /// <summary>
    /// What the tests that reach it say of a mutant. One process runs them for one mutant after another, which saves the start and the
    /// compilation of the tests; a mutant of what is computed once, before any test, gets a process of its own.
    /// </summary>
    public Fate FateOf(Mutant mutant, List<Reach> reaches)
    {
        if (reaches.Count == 0) return Fate.Unreached;
        var (at, most) = (0, FirstSeconds);
        while (at < reaches.Count)
        {
            var from = at;
            for (var sum = 0.0; at < reaches.Count && (at == from || sum + reaches[at].Seconds <= most); at++) sum += reaches[at].Seconds;
            var some = reaches[from..at];
            var seconds = LeastSeconds + (Times * some.Sum(r => r.Seconds));
            var isStatic = mutant.IsStatic || some.Exists(r => r.IsStatic(mutant));
            var fate = isStatic ? Alone(mutant, some, seconds) : Hosted(mutant, some, seconds);
            if (fate != Fate.Survived) return fate;
            most *= 2;
        }

        return Fate.Survived;
    }

    public void Dispose() => host?.Dispose();

    private Fate Alone(Mutant mutant, List<Reach> some, double seconds)
    {
        var (code, _) = Run(
            ["-stopOnFail", .. some.SelectMany(r => new[] { "-class", r.Class })],
            [("STRYKER_MUTANT_ID_CONTROL_VAR", "MUTANT"), ("MUTANT", mutant.Id.ToString(CultureInfo.InvariantCulture))], seconds);
        return code switch { null => Fate.TimedOut, 0 => Fate.Survived, _ => Fate.Killed };
    }

    private Fate Hosted(Mutant mutant, List<Reach> some, double seconds)
    {
        host ??= new HostProcess(Path.Combine(work, "bin"), name, project);
        var code = host.Ask(mutant.Id, some.Select(r => r.Class), seconds);
        if (code is null or > 1)
        {
            // It hung or died: the next one begins anew.
            host.Dispose();
            host = null;
        }

        return code switch { null => Fate.TimedOut, 0 => Fate.Survived, _ => Fate.Killed };
    }

    private Reach? ReachOf(string testClass, bool isTraced, string file)
    {
        if (!File.Exists(file))
        {
            var (code, text) = Run(["-class", testClass], [], MostSeconds);
            if (code is null)
            {
                Console.WriteLine($"  {testClass} is left out: it takes more than {MostSeconds} s");
                File.WriteAllText(file, "0");
                return null;
            }

            if (code != 0) throw new InvalidOperationException($"{testClass} fails without a mutant:\n{text}");
            var time = text.LastIndexOf("Time: ", StringComparison.Ordinal);
            var took = double.Parse(text[(time + 6)..].Split('s')[0], CultureInfo.InvariantCulture);
            var ids = isTraced ? IdsOf(testClass, took) : Unknown;
            File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"{took:0.0}\n{ids}"));
        }

        var lines = File.ReadAllLines(file);
        if (lines is ["0"]) return null;
        var seconds = double.Parse(lines[0], CultureInfo.InvariantCulture);
        if (lines.ElementAtOrDefault(1) is Unknown) return new Reach(testClass, seconds, null, null);
        var (plain, once) = lines.ElementAtOrDefault(1)?.Split(';') is [var some, var others] ? (some, others) : ("", "");
        return new Reach(testClass, seconds, [.. Numbers(plain), .. Numbers(once)], [.. Numbers(once)]);

        static IEnumerable<int> Numbers(string list) =>
            list.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(i => int.Parse(i, CultureInfo.InvariantCulture));
    }

    /// <summary>Stryker's own list of the mutants that were run over.</summary>
    private string IdsOf(string testClass, double seconds)
    {
        var folder = Directory.CreateTempSubdirectory("mutate");
        var (code, _) = Run(
            ["-class", testClass], [("STRYKER_COVERAGE_FILE", "reach.txt"), ("TMPDIR", folder.FullName)], LeastSeconds + (Times * seconds));
        var ids = folder.EnumerateFiles("reach*.txt").Select(f => File.ReadAllText(f.FullName)).SingleOrDefault("");
        folder.Delete(recursive: true);
        return code == 0 ? ids : Unknown;
    }

    /// <returns>The exit code, null when the program was ended because it took too long; and what it said.</returns>
    private (int? Code, string Text) Run(string[] arguments, (string Name, string Value)[] variables, double seconds)
    {
        var start = new ProcessStartInfo(program, [.. arguments, "-noLogo", "-noColor"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(program)!,
        };
        foreach (var (key, value) in variables) start.Environment[key] = value;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(TimeSpan.FromSeconds(seconds)))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return (null, "");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult());
    }
}

/// <summary>A process that runs test classes for one mutant after another.</summary>
internal sealed class HostProcess : IDisposable
{
    private readonly Process process;

    public HostProcess(string bin, string tests, string subject)
    {
        // Beside the tests, so that their list of dependencies finds everything.
        var self = Path.Combine(bin, "mutate.dll");
        File.Copy(typeof(HostProcess).Assembly.Location, self, overwrite: true);
        var start = new ProcessStartInfo(
            Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet",
            [
                "exec", "--depsfile", Path.Combine(bin, $"{tests}.deps.json"), "--runtimeconfig",
                Path.Combine(bin, $"{tests}.runtimeconfig.json"), self, "--host", Path.Combine(bin, $"{tests}.dll"), subject,
            ])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = bin,
        };
        process = Process.Start(start)!;
    }

    /// <returns>The exit code of a test program, 2 when the process has died; null when it took too long.</returns>
    public int? Ask(int mutant, IEnumerable<string> classes, double seconds)
    {
        try
        {
            process.StandardInput.WriteLine($"{mutant} {string.Join(',', classes)}");
            process.StandardInput.Flush();
            var answer = process.StandardOutput.ReadLineAsync();
            if (!answer.Wait(TimeSpan.FromSeconds(seconds))) return null;
            return answer.Result is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 2;
        }
        catch (IOException)
        {
            return 2;
        }
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}

/// <summary>The other end: each line of the input names a mutant and test classes, each line of the output is an exit code.</summary>
internal static class Host
{
    public static async Task<int> RunAsync(string tests, string subject)
    {
        var (output, assembly) = (Console.Out, Assembly.Load(Path.GetFileNameWithoutExtension(tests)));
        var control = Assembly.Load(subject).GetTypes().Single(t => t.Name == "MutantControl");
        var active = control.GetField("ActiveMutant") ?? throw new MissingFieldException(control.FullName, "ActiveMutant");
        var runner = Assembly.Load("xunit.v3.runner.inproc.console").GetType("Xunit.Runner.InProc.SystemConsole.ConsoleRunner")!;
        var enter = runner.GetMethod("EntryPoint") ?? throw new MissingMethodException(runner.FullName, "EntryPoint");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var (mutant, classes) = (line.Split(' ')[0], line.Split(' ')[1].Split(','));
            active.SetValue(null, int.Parse(mutant, CultureInfo.InvariantCulture));
            string[] arguments = ["-noLogo", "-noColor", "-stopOnFail", .. classes.SelectMany(c => new[] { "-class", c })];
            Console.SetOut(TextWriter.Null);
            var run = Activator.CreateInstance(runner, [arguments, assembly])!;
            var code = await (Task<int>)enter.Invoke(run, [TextReader.Null, TextWriter.Null])!;
            (run as IDisposable)?.Dispose();
            await output.WriteLineAsync(Math.Min(code, 1).ToString(CultureInfo.InvariantCulture));
            await output.FlushAsync();
        }

        return 0;
    }
}

/// <summary>What is known of each mutant. One that was killed stays so until the sources change; a survivor until the tests do.</summary>
internal sealed class Results
{
    private readonly Dictionary<int, (Fate Fate, string Tests)> known = [];
    private readonly string path;
    private readonly string tests;

    public Results(string path, string tests)
    {
        (this.path, this.tests) = (path, tests);
        if (!File.Exists(path)) return;
        foreach (var cells in File.ReadLines(path).Select(l => l.Split('\t')).Where(c => c.Length >= 3))
            known[int.Parse(cells[0], CultureInfo.InvariantCulture)] = (Enum.Parse<Fate>(cells[1]), cells[2]);
    }

    public bool Has(Mutant mutant) =>
        known.TryGetValue(mutant.Id, out var result) && (IsKilled(result.Fate) || result.Tests == tests);

    public void Add(Mutant mutant, Fate fate)
    {
        known[mutant.Id] = (fate, tests);
        File.AppendAllText(path, $"{mutant.Id}\t{fate}\t{tests}\t{mutant}\n");
    }

    public void Print(IReadOnlyList<Mutant> mutants)
    {
        Console.WriteLine("\n| file | mutants | killed | survivors |\n|---|---|---|---|");
        foreach (var file in mutants.GroupBy(m => m.Name)) Row(file.Key, [.. file]);
        Row("**all**", mutants);
        Console.WriteLine();
        foreach (var mutant in mutants.Where(m => !IsKilled(known[m.Id].Fate)))
            Console.WriteLine(known[mutant.Id].Fate == Fate.Unreached ? $"{mutant}  (no test reaches it)" : $"{mutant}");
    }

    private void Row(string name, IReadOnlyList<Mutant> mutants)
    {
        var killed = mutants.Count(m => IsKilled(known[m.Id].Fate));
        Console.WriteLine($"| {name} | {mutants.Count} | {killed} | {mutants.Count - killed} |");
    }

    private static bool IsKilled(Fate fate) => fate is Fate.Killed or Fate.TimedOut;
}
