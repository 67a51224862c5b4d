using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using LabelerService.Core.Errors;

namespace LabelerService.Storage.Embedded;

/// <summary>The files of a cluster's directory.</summary>
internal sealed class ClusterFiles(string directory)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const long MaxLogBytes = 16 << 20;

    // Of postmaster.pid.
    private const int PidLine = 1;
    private const int PortLine = 4;

    private static readonly SearchValues<char> UnusableInPaths = SearchValues.Create("\"$`\\\n\r\0'");

    public string Directory { get; } = directory;

    /// <summary>PostgreSQL's own data directory.</summary>
    public string Data => Path.Combine(Directory, "pgdata");

    /// <summary>Where initdb works; renamed to <see cref="Data"/> when complete, so that an interrupted one leaves no half cluster.</summary>
    public string NewData => Path.Combine(Directory, "pgdata.new");

    public string Log => Path.Combine(Directory, "postgres.log");

    public string PasswordFile => Path.Combine(Directory, "superuser.password");

    private string PortFile => Path.Combine(Directory, "port");

    private string PidFile => Path.Combine(Data, "postmaster.pid");

    /// <summary>Creates the directory, for its owner only, unless it is there.</summary>
    /// <exception cref="ServiceException">FailedPrecondition; InvalidArgument: a name that pg_ctl cannot take.</exception>
    public void Create()
    {
        // pg_ctl hands the path to a shell, within double quotes.
        if (Directory.AsSpan().ContainsAny(UnusableInPaths))
        {
            throw ServiceException.InvalidField("data", "the path must not contain quotes, '$', '`', '\\' or line breaks");
        }

        try
        {
            System.IO.Directory.CreateDirectory(Directory);
            File.SetUnixFileMode(Directory, OwnerOnly | UnixFileMode.UserExecute);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "DATA_DIRECTORY_UNUSABLE",
                $"{Directory} cannot be created or belongs to another user ({exception.Message}). Choose another directory with --data.");
        }
    }

    /// <summary>The same directory without symbolic links: the form in which the kernel reports a process's working directory.</summary>
    public ClusterFiles Real()
    {
        var path = Directory;
        for (var parent = path; parent is not null; parent = Path.GetDirectoryName(parent))
        {
            if (System.IO.Directory.ResolveLinkTarget(parent, returnFinalTarget: true) is { } target)
            {
                path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(target.FullName, Path.GetRelativePath(parent, path))));
                parent = path;
            }
        }

        return new ClusterFiles(path);
    }

    /// <summary>Major version of the cluster; null if there is none yet.</summary>
    public int? Major()
    {
        var file = Path.Combine(Data, "PG_VERSION");
        return File.Exists(file) ? int.Parse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture) : null;
    }

    /// <summary>Password of the superuser; generated with the cluster.</summary>
    public string Password()
    {
        if (!File.Exists(PasswordFile))
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
            using var writer = new StreamWriter(PasswordFile, options);
            writer.Write(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        }

        return File.ReadAllText(PasswordFile).Trim();
    }

    /// <summary>The port of the last start if it is free, else any free one.</summary>
    public int ChoosePort()
    {
        if (File.Exists(PortFile)
            && int.TryParse(File.ReadAllText(PortFile), NumberStyles.None, CultureInfo.InvariantCulture, out var kept) && IsFree(kept))
        {
            return kept;
        }

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        File.WriteAllText(PortFile, port.ToString(CultureInfo.InvariantCulture));
        return port;
    }

    /// <summary>Forgets the port, when another program has taken it.</summary>
    public void ForgetPort() => File.Delete(PortFile);

    /// <summary>Writes the settings of the next start.</summary>
    public void WriteSettings(int port, bool durable)
    {
        // A socket's path may have 107 bytes; where the directory's is too long, TCP on the loopback is the only way in.
        var socket = Directory.Length <= 80 ? Directory : "";
        var onOff = durable ? "on" : "off";
        File.WriteAllText(
            Path.Combine(Data, "labeler.conf"),
            $"""
            # Written by the labeler service at each start. Settings of your own go below the include line of postgresql.conf.
            listen_addresses = '127.0.0.1'
            port = {port}
            unix_socket_directories = '{socket}'
            unix_socket_permissions = 0700
            password_encryption = 'scram-sha-256'
            max_connections = 200
            shared_buffers = '256MB'
            max_wal_size = '2GB'
            jit = off
            log_line_prefix = '%m [%p] '
            fsync = {onOff}
            full_page_writes = {onOff}
            synchronous_commit = {onOff}

            """);
    }

    /// <summary>Process id of the running postmaster, if one runs and it is this cluster's.</summary>
    public int? RunningPostmaster() => RecordedPid() is { } pid && PostmasterProcess.Serves(pid, Data) ? pid : null;

    /// <summary>The port that the running postmaster listens on; null if none runs.</summary>
    public int? RunningPort() => RunningPostmaster() is null ? null : RecordedNumber(PortLine);

    /// <summary>
    /// Removes the pid files (that of the data and that of the socket) of a dead postmaster whose number another program has got, or that
    /// nobody has waited for: beside them PostgreSQL would not start. In every other case they must stay: PostgreSQL finds through them
    /// whether orphaned sessions still hold the shared memory.
    /// </summary>
    public void RemoveMisleadingPid()
    {
        if (RecordedPid() is { } pid && PostmasterProcess.Exists(pid) && !PostmasterProcess.AnyServes(Data))
        {
            File.Delete(PidFile);
            foreach (var socketLock in System.IO.Directory.GetFiles(Directory, ".s.PGSQL.*.lock"))
            {
                File.Delete(socketLock);
            }
        }
    }

    public void RotateLog()
    {
        if (File.Exists(Log) && new FileInfo(Log).Length > MaxLogBytes)
        {
            File.Move(Log, Log + ".1", overwrite: true);
        }
    }

    /// <summary>The last lines of the log, for an error message.</summary>
    public string LogTail()
    {
        if (!File.Exists(Log))
        {
            return "(it wrote no log)";
        }

        using var file = new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(-Math.Min(file.Length, 4096), SeekOrigin.End);
        using var reader = new StreamReader(file);
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return string.Join('\n', lines[^Math.Min(lines.Length, 12)..]);
    }

    private int? RecordedPid() => RecordedNumber(PidLine);

    private int? RecordedNumber(int line)
    {
        try
        {
            using var file = new FileStream(PidFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file);
            var text = reader.ReadLine();
            for (var i = 1; i < line; i++)
            {
                text = reader.ReadLine();
            }

            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (Exception exception) when (exception is SocketException or ArgumentOutOfRangeException)
        {
            return false;
        }
    }
}
